//! A message of the outbox, with what a person needs to judge it.

use chrono::{DateTime, Utc};
use hearback_domain::{
    EmailAddress,
    ids::{ApplicationId, BoardId, JobId, NotificationId},
    notification::{Kind, State},
};
use sea_orm::FromQueryResult;
use uuid::Uuid;

use crate::LedgerError;

/// One message, whom it is for, and how far it has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxItem {
    pub id: NotificationId,
    pub application: ApplicationId,
    pub job: JobId,
    pub job_title: String,
    pub board: BoardId,
    /// `None` if what is on record is no address: the message is held for that, and is to be seen.
    pub to: Option<EmailAddress>,
    pub is_test: bool,
    pub kind: Kind,
    pub state: State,
    /// The promise: accepted by a relay at the latest then.
    pub due_at: DateTime<Utc>,
    pub send_after: DateTime<Utc>,
    /// When it is tried next, if it is scheduled; when its lease ends, if it is being sent.
    pub wake_at: Option<DateTime<Utc>>,
    /// Tries made, the present one included. What was not the message's fault, a relay that is away, is none.
    pub tries: u32,
    pub maybe_sent: bool,
    /// Somebody asked for it back while it was being sent.
    pub cancel_requested: bool,
    pub hold_reason: Option<String>,
    pub cancel_reason: Option<String>,
    /// The reason that a person gave.
    pub cancel_words: Option<String>,
    pub settled_at: Option<DateTime<Utc>>,
    /// The relay that took it, and what it said.
    pub relay: Option<String>,
    pub reply: Option<String>,
    pub last_failure: Option<Failure>,
}

/// How the last try ended that did not end well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub at: DateTime<Utc>,
    /// What the relay answered, or what went wrong.
    pub reason: String,
}

#[derive(FromQueryResult)]
pub(super) struct ItemRow {
    pub(super) id: Uuid,
    application_id: Uuid,
    job_id: Uuid,
    title: String,
    board_id: Uuid,
    email: String,
    is_test: bool,
    kind: String,
    state: String,
    due_at: DateTime<Utc>,
    send_after: DateTime<Utc>,
    wake_at: DateTime<Utc>,
    tries: i32,
    maybe_sent: bool,
    cancel_requested: bool,
    hold_reason: Option<String>,
    cancel_reason: Option<String>,
    cancel_words: Option<String>,
    settled_at: Option<DateTime<Utc>>,
    relay: Option<String>,
    reply: Option<String>,
    failed_at: Option<DateTime<Utc>>,
    failed_for: Option<String>,
}

/// Of the messages that `picked` has as `id`: `SELECT … FROM picked JOIN …`, to be ordered.
pub(super) fn select_items(picked: &str) -> String {
    format!(
        "SELECT n.id, n.application_id, a.job_id, j.title, j.board_id, COALESCE(n.sent_to, a.email) AS email, a.is_test, n.kind, n.state, n.due_at, n.send_after, n.wake_at,
        n.tries, n.maybe_sent, n.cancel_requested, n.hold_reason, n.cancel_reason, n.cancel_words, n.settled_at, n.relay, n.reply,
        t.at AS failed_at, t.reason AS failed_for
        FROM ({picked}) AS picked JOIN notification n ON n.id = picked.id
        JOIN application a ON a.id = n.application_id JOIN job j ON j.id = a.job_id
        LEFT JOIN try t ON t.id = (SELECT l.id FROM try l WHERE l.notification_id = n.id ORDER BY l.id DESC LIMIT 1)"
    )
}

impl TryFrom<ItemRow> for OutboxItem {
    type Error = LedgerError;

    fn try_from(row: ItemRow) -> Result<Self, LedgerError> {
        let ItemRow {
            id,
            application_id,
            job_id,
            title,
            board_id,
            email,
            is_test,
            kind,
            state,
            due_at,
            send_after,
            wake_at,
            tries,
            maybe_sent,
            cancel_requested,
            hold_reason,
            cancel_reason,
            cancel_words,
            settled_at,
            relay,
            reply,
            failed_at,
            failed_for,
        } = row;
        let word = |error| LedgerError::unreadable("notification", error);
        let state: State = state.parse().map_err(word)?;
        Ok(Self {
            id: id.into(),
            application: application_id.into(),
            job: job_id.into(),
            job_title: title,
            board: board_id.into(),
            to: email.parse().ok(),
            is_test,
            kind: kind.parse().map_err(word)?,
            state,
            due_at,
            send_after,
            wake_at: matches!(state, State::Scheduled | State::Sending).then_some(wake_at),
            tries: u32::try_from(tries).map_err(|error| LedgerError::unreadable("notification", error))?,
            maybe_sent,
            cancel_requested,
            hold_reason,
            cancel_reason,
            cancel_words,
            settled_at,
            relay,
            reply,
            last_failure: failed_at.zip(failed_for).map(|(at, reason)| Failure { at, reason }),
        })
    }
}
