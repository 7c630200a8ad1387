//! An application comes in.

mod at_once;
mod batch;
mod cap;
mod external_ids;
mod idempotency;
mod jobs;
mod write;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use hearback_domain::{
    EmailAddress,
    actor::Actor,
    ids::{ApiKeyId, ApplicationId, BoardId, JobId},
    locale::Locale,
};

use sea_orm::DbErr;
use tokio::sync::oneshot;

pub(crate) use batch::{WAITING, Waiting, take};
pub(crate) use cap::{Rooms, room_of};
pub(crate) use external_ids::is_taken as external_id_is_taken;
pub(crate) use jobs::KnownJobs;
pub(crate) use write::{candidates, firsts};

use crate::{Ledger, LedgerError, NewAttachment, trace};

/// An application to be put on record.
#[derive(Clone)]
pub struct Submission {
    pub job: JobId,
    /// The one board that the caller may submit to; without, any.
    pub only_board: Option<BoardId>,
    pub name: String,
    pub email: EmailAddress,
    /// Without, the board's.
    pub locale: Option<Locale>,
    /// Without, the job's or the board's.
    pub time_zone: Option<Tz>,
    pub is_test: bool,
    /// Stored and answered like any other, but its messages wait for a person.
    pub suspected_spam: bool,
    pub actor: Actor,
    pub idempotency: Option<Idempotency>,
    pub attachments: Vec<NewAttachment>,
    /// The caller's own id for it; unique for its job.
    pub external_id: Option<String>,
}

/// Makes a repeated request harmless: the same key with the same content is answered with the first application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idempotency {
    pub api_key: ApiKeyId,
    pub key: String,
    /// A hash of what was sent: the same key with another content is refused.
    pub fingerprint: [u8; 32],
}

/// An application that is on disk, its acknowledgement owed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Submitted {
    pub application: ApplicationId,
    pub received_at: DateTime<Utc>,
    pub link_generation: i32,
    /// Whether an earlier request with the same Idempotency-Key put it on record.
    pub replayed: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    #[error("there is no such job")]
    NoSuchJob,
    #[error("the job is closed")]
    JobClosed,
    /// The key ended after it was looked at and before the application was written.
    #[error("the caller's key does not work any more")]
    KeyEnded,
    /// Somebody was quicker: it is there to be read, or changed.
    #[error("an application for the job has the external id already")]
    ExternalIdTaken,
    #[error("the idempotency key was used for another application")]
    IdempotencyKeyReused,
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl Ledger {
    /// Puts an application on record together with what it owes. Submissions that come at the same time are committed together.
    pub async fn submit(&self, submission: Submission) -> Result<Submitted, SubmitError> {
        let (answer, answered) = oneshot::channel();
        let gone = || LedgerError::Unavailable(DbErr::Custom("the ledger is closing".to_owned()));
        self.submissions().send(Waiting { submission, trace: trace::current(), answer }).await.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }
}

#[cfg(test)]
mod tests;
