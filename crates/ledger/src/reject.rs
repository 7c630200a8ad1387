//! A recruiter rejects applications.

use chrono::{DateTime, Utc};
use hearback_domain::{actor::Actor, application::RejectionReason, event::EventKind, ids::ApplicationId, promise::Happening};

use serde_json::json;

use crate::{
    Changed, Ledger, LedgerError,
    change::{Change, Rejected, change},
};

#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Rejection {
    pub reason: RejectionReason,
    /// For the organisation's eyes only.
    pub internal_note: Option<String>,
    /// The recruiter's own words to the applicant, as plain text.
    pub words: Option<String>,
    /// When the message may go out; without it, after the undo window.
    pub send_after: Option<DateTime<Utc>>,
    /// Why no message is owed; without it, one is.
    pub exemption: Option<String>,
}

impl Ledger {
    pub async fn reject(&self, applications: &[ApplicationId], rejection: &Rejection, actor: &Actor) -> Result<Vec<Changed>, LedgerError> {
        let Rejection { reason, internal_note, words, send_after, exemption } = rejection;
        let happening = Happening::Rejected { send_after: *send_after, words: words.clone(), exempt: exemption.is_some() };
        let mut data = json!({ "reason": reason });
        if let Some(exemption) = exemption {
            data["exemption"] = json!(exemption);
        }
        let rejected = Rejected::For { reason: *reason, internal_note: internal_note.as_deref(), exemption: exemption.as_deref() };
        change(self, applications, &Change { happening, event: EventKind::Rejected, data, rejected, actor }).await
    }
}
