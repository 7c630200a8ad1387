//! What is done to many applications at once: rejected, moved, told that their job closed.
//!
//! It is a due row. A worker takes it and goes on where the last one stopped, a chunk in each transaction: what is decided for each
//! application, what was noted about it, and how far it came are written together. So a worker that dies leaves nothing half done, and
//! nobody is dealt with twice. An application that cannot be changed is noted with the reason, and the others go on.

mod chosen;
mod close;
mod confirm;
mod control;
mod dry_run;
mod show;
mod start;
#[cfg(test)]
mod tests;
mod undo;
mod work;

use hearback_domain::{
    application::Stage,
    bulk::{OperationKind, OperationState},
    confirmation::NotConfirmed,
    ids::{ApplicationId, BoardId, JobId, OperationId},
    promise::bulk,
};
use serde::{Deserialize, Serialize};

pub use close::Closing;
pub use dry_run::{DryRun, DryRunPerson, Summary};
pub use show::{Counts, Item, Operation, OperationFilter};
pub use start::Begin;
pub use work::DueOperation;
pub(crate) use work::stuck;

use crate::{LedgerError, Rejection, due::Table};

/// As many applications as one transaction changes.
const CHUNK: usize = 500;

/// Only the kinds of this release.
const OPERATIONS: Table = Table {
    name: "bulk_operation",
    claimed: "running",
    on_claim: "",
    claimable: "AND kind IN ('reject', 'move', 'close_job')",
    returning: "kind",
};

/// An operation with all that was said about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    pub what: What,
    pub who: Selection,
    /// Chosen one by one: they are rejected even if they hold an offer.
    pub named: Vec<ApplicationId>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    Reject(Rejection),
    Move {
        to: Stage,
        tell: bool,
    },
    /// Whoever still waits for an answer about the job gets one.
    CloseJob {
        words: Option<String>,
    },
}

/// Whom it reaches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Selection {
    These(Vec<ApplicationId>),
    Those(Those),
}

/// The active applications that fit; each condition narrows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Those {
    pub board: Option<BoardId>,
    pub job: Option<JobId>,
    pub stage: Option<Stage>,
    pub is_test: Option<bool>,
}

/// Why an operation was not begun, stopped or taken back.
#[derive(Debug, thiserror::Error)]
pub enum BulkError {
    #[error("there is no such job")]
    NoSuchJob,
    #[error("there is no such operation")]
    NoSuchOperation,
    /// Or not one that the caller may act on.
    #[error("there is no application {0}")]
    NoSuchApplication(ApplicationId),
    #[error("it would write to {people} people; from {cap} on, the dry run has to be confirmed")]
    Unconfirmed { people: u32, cap: u32 },
    #[error("{0}")]
    NotConfirmed(#[from] NotConfirmed),
    #[error("the operation is {state}, and that is not possible any more")]
    NotPossible { state: OperationState, undoing: bool },
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl From<sea_orm::DbErr> for BulkError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Ledger(error.into())
    }
}

impl Spec {
    pub fn closing(job: JobId, words: Option<String>, named: Vec<ApplicationId>) -> Self {
        let those = Those { job: Some(job), ..Those::default() };
        Self { what: What::CloseJob { words }, who: Selection::Those(those), named }
    }

    pub const fn kind(&self) -> OperationKind {
        match self.what {
            What::Reject(_) => OperationKind::Reject,
            What::Move { .. } => OperationKind::Move,
            What::CloseJob { .. } => OperationKind::CloseJob,
        }
    }

    /// For the decisions.
    fn operation(&self) -> bulk::Operation {
        match &self.what {
            What::Reject(Rejection { reason: _, internal_note: _, words, send_after, exemption }) => {
                bulk::Operation::Reject { send_after: *send_after, words: words.clone(), exempt: exemption.is_some() }
            }
            What::Move { to, tell } => bulk::Operation::Move { to: *to, tell: *tell },
            What::CloseJob { words } => bulk::Operation::CloseJob { words: words.clone() },
        }
    }

    fn is_named(&self, application: ApplicationId) -> bool {
        self.named.contains(&application)
    }

    fn job(&self) -> Option<JobId> {
        match &self.who {
            Selection::These(_) => None,
            Selection::Those(those) => those.job,
        }
    }
}

/// A row's text.
fn read_spec(id: OperationId, text: &str) -> Result<Spec, LedgerError> {
    serde_json::from_str(text).map_err(|error| LedgerError::unreadable("bulk_operation", format!("{id}: {error}")))
}
