//! What an applicant was told, as whoever has to prove it hands it over: a table, or JSON. The columns are a contract: more may come at the
//! end, none changes.

mod csv;

use chrono::{DateTime, Utc};
pub use csv::Csv;
use serde::Serialize;

use crate::ids::{ApplicationId, JobId, NotificationId};

/// One thing that an applicant was told, or a reason why not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Evidence {
    pub application_id: ApplicationId,
    pub job_id: JobId,
    /// The applicant, as the application names them.
    pub name: String,
    /// What the application was sent from, unless it was corrected.
    pub address: String,
    /// A notification kind; what a person said; or `exemption`.
    pub what: String,
    /// `mail`, `phone`, `in_person` and so on; `none` for an exemption.
    pub channel: String,
    /// `sent`; `bounced`: accepted, and came back; `told`; `exempt`.
    pub outcome: String,
    pub told_at: Option<DateTime<Utc>>,
    /// When it was promised for.
    pub due_at: Option<DateTime<Utc>>,
    pub notification_id: Option<NotificationId>,
    /// The relay that took the message, and its answer.
    pub relay: Option<String>,
    pub acceptance: Option<String>,
    pub subject: Option<String>,
    /// The text as it was sent.
    pub text: Option<String>,
    /// Of the message's bytes, in hexadecimal digits.
    pub sha256: Option<String>,
    /// Who told it, for what a person told.
    pub actor: Option<String>,
    /// The person's note, or the reason of an exemption.
    pub note: Option<String>,
    pub last_interview_at: Option<DateTime<Utc>>,
    /// The law that the application is under.
    pub law: Option<String>,
}
