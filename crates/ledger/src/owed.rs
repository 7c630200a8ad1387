//! A message that is being sent: claimed from the ledger, and settled there.

mod claim;
mod settle;
pub(crate) mod settler;

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use hearback_domain::{
    EmailAddress,
    application::Stage,
    ids::{ApplicationId, NotificationId},
    locale::Locale,
    notification::{Kind, Outcome},
    trace::Trace,
};
use uuid::Uuid;

use crate::{
    BoardDetails, Ledger, LedgerError,
    due::{Cursors, Shares, Table},
};

/// The right to send one message, until its lease ends. Fences off whoever claimed it before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Claim {
    pub notification: NotificationId,
    pub(crate) application: ApplicationId,
    pub(crate) token: Uuid,
}

/// A claimed message with everything that its mail is made of.
#[derive(Clone, PartialEq, Eq)]
pub struct OwedMessage {
    pub claim: Claim,
    /// Of this try; renewing moves it.
    pub lease_until: DateTime<Utc>,
    pub application: ApplicationId,
    pub kind: Kind,
    pub applicant_name: String,
    pub to: EmailAddress,
    pub locale: Locale,
    pub time_zone: Tz,
    pub is_test: bool,
    pub received_at: DateTime<Utc>,
    pub link_generation: i32,
    pub job_title: String,
    pub board: Arc<BoardDetails>,
    pub stage: Option<Stage>,
    pub words: Option<String>,
    pub promised_by: Option<DateTime<Utc>>,
    /// The mail's date; stays the same over retries.
    pub send_after: DateTime<Utc>,
    /// Tries made, this one included.
    pub tries: u32,
    /// What the request that it came of was named by.
    pub trace: Option<Trace>,
    /// Of a recruiter's own words: what their mail belongs to.
    pub answers: Option<MailAnswered>,
    /// What an earlier try may have sent: to be sent again byte for byte.
    pub stored: Option<SentMail>,
}

/// The conversation that a mail belongs to.
#[derive(Clone, PartialEq, Eq)]
pub struct MailAnswered {
    /// As an answer has it.
    pub subject: Option<String>,
    /// Message-IDs in angle brackets, the oldest first; it answers the last.
    pub thread: Vec<String>,
}

/// A mail as it was handed over, or may have been.
#[derive(Clone, PartialEq, Eq)]
pub struct SentMail {
    pub subject: String,
    pub text: String,
    pub template_version: String,
    pub sha256: [u8; 32],
    /// Kept only where a later try must repeat it; empty once it was accepted.
    pub raw: Vec<u8>,
}

/// How one try ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    pub claim: Claim,
    pub at: DateTime<Utc>,
    pub outcome: Outcome,
    /// What was handed over; `None` if it never came to that.
    pub mail: Option<SentMail>,
    /// The transport's name.
    pub relay: String,
}

/// Debug output ends in logs, where names and texts must not.
impl std::fmt::Debug for OwedMessage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OwedMessage").field("claim", &self.claim).field("kind", &self.kind).field("to", &self.to).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for MailAnswered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MailAnswered").field("thread", &self.thread).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for SentMail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SentMail").field("bytes", &self.raw.len()).finish_non_exhaustive()
    }
}

/// Only the kinds of this release: a newer one's are left to it. And none while the outbox is paused: every process learns of that with its
/// next claim, since it is part of it.
const NOTIFICATIONS: Table = Table {
    name: "notification",
    claimed: "sending",
    // A lease that ended says that a worker died, or was slow: it may have handed the message over. A new try
    // goes to where the application says.
    on_claim: ", maybe_sent = (maybe_sent OR state = 'sending'), sent_to = NULL",
    claimable: "AND kind IN ('received', 'stage_changed', 'still_considering', 'no_decision', 'rejected', 'hired', 'withdrawn',
        'correction', 'message')
        AND NOT EXISTS (SELECT 1 FROM outbox_pause WHERE resumed_at IS NULL)",
    returning: claim::RETURNING,
};

/// What claims remember between them.
#[derive(Debug, Default)]
pub(crate) struct DueParts {
    shares: Mutex<Shares>,
    cursors: Mutex<Cursors>,
    /// With the version of the board that each is of.
    faces: Mutex<HashMap<Uuid, (i32, Arc<BoardDetails>)>>,
}

impl Ledger {
    /// Extends the leases that are still ours by a whole one, and returns those with their new end.
    pub async fn renew(&self, claims: &[Claim]) -> Result<Vec<(Claim, DateTime<Utc>)>, LedgerError> {
        let until = self.clock().now() + self.lease();
        let renewed: HashSet<Uuid> = NOTIFICATIONS.renew(self.database(), &pairs(claims), until).await?.into_iter().collect();
        Ok(claims.iter().filter(|claim| renewed.contains(&claim.notification.uuid())).map(|claim| (*claim, until)).collect())
    }

    /// Gives claimed messages back that nobody began to send. Counts as no try.
    pub async fn release(&self, claims: &[Claim]) -> Result<(), LedgerError> {
        let now = self.clock().now();
        self.postpone(&claims.iter().map(|claim| (*claim, now)).collect::<Vec<_>>()).await?;
        self.wake();
        Ok(())
    }

    /// The same, each until its time.
    pub async fn postpone(&self, claims: &[(Claim, DateTime<Utc>)]) -> Result<(), LedgerError> {
        let claims: Vec<_> = claims.iter().map(|(claim, until)| (claim.notification.uuid(), claim.token, *until)).collect();
        NOTIFICATIONS.release(self.database(), &claims).await
    }

    /// When the next message becomes due, if one does. Those that are due already do not count.
    pub async fn next_due(&self) -> Result<Option<DateTime<Utc>>, LedgerError> {
        NOTIFICATIONS.next_due(self.database(), self.clock().now()).await
    }
}

fn pairs(claims: &[Claim]) -> Vec<(Uuid, Uuid)> {
    claims.iter().map(|claim| (claim.notification.uuid(), claim.token)).collect()
}

/// What is behind the lock is whole at any moment, so a panic of another holder does not matter.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
