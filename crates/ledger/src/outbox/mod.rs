//! The outbox as an operator sees it: what is owed and not yet out, what went wrong, and what a person does about it. A file each for what
//! can happen; what is allowed when is `hearback_domain`'s to say.

mod act;
mod cancel;
mod item;
mod list;
mod pause;
mod release;
mod retry;
mod show;
mod summary;
#[cfg(test)]
mod tests;

use hearback_domain::{ids::NotificationId, notification::OutboxRefusal};

pub use item::{Failure, OutboxItem};
pub use list::OutboxFilter;
pub use pause::{Pause, Resumed};
pub use show::OutboxRecord;
pub use summary::OutboxSummary;

use crate::LedgerError;

/// Something could not be done to a message.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    #[error("there is no such message")]
    NoSuchMessage,
    #[error(transparent)]
    Refused(#[from] OutboxRefusal),
    /// It, or its application, holds what this release cannot read.
    #[error("{0} cannot be read: {1}")]
    Unreadable(NotificationId, String),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}
