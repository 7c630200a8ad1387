//! A message as a list shows it.

use chrono::{DateTime, Utc};
use hearback_domain::notification::State;
use hearback_ledger::{Failure, OutboxItem};
use serde::Serialize;
use utoipa::ToSchema;

use crate::schema;

/// One message owed to an applicant, and how far it has come.
#[derive(Serialize, ToSchema)]
pub(crate) struct Message {
    #[schema(value_type = schema::NotificationId)]
    id: String,
    #[schema(value_type = schema::ApplicationId)]
    application_id: String,
    #[schema(value_type = schema::JobId)]
    job_id: String,
    #[schema(value_type = schema::BoardId)]
    board_id: String,
    job_title: String,
    /// Whom it is for; `null` if what is on record is no address.
    #[schema(required, format = Email)]
    email: Option<String>,
    /// Of an application that came in by a test key: it is captured, not sent.
    is_test: bool,
    #[schema(value_type = schema::NotificationKind)]
    kind: &'static str,
    #[schema(value_type = schema::NotificationState)]
    state: &'static str,
    /// The promise: accepted by a relay at the latest then. Retries never move it.
    due_at: DateTime<Utc>,
    /// Not sent before then.
    send_after: DateTime<Utc>,
    /// When it is tried next, if it is scheduled.
    #[schema(required)]
    next_try_at: Option<DateTime<Utc>>,
    /// Tries made. What was not the message's fault, such as a relay that is away, is none.
    tries: u32,
    /// An earlier try may have reached the applicant, and nobody can know.
    maybe_sent: bool,
    /// Somebody asked for it back while it was being sent: a try that fails is its last, an acceptance stands.
    cancel_requested: bool,
    /// Why it is, or was, set aside.
    #[schema(required)]
    hold_reason: Option<String>,
    #[schema(required)]
    cancel_reason: Option<String>,
    /// The reason in the words of the person who cancelled it.
    #[schema(required)]
    cancel_words: Option<String>,
    /// When its state became final.
    #[schema(required)]
    settled_at: Option<DateTime<Utc>>,
    /// The relay that accepted it.
    #[schema(required)]
    relay: Option<String>,
    /// What the relay answered.
    #[schema(required)]
    reply: Option<String>,
    /// How the last try ended that failed.
    #[schema(required)]
    last_failure: Option<LastFailure>,
}

/// A try that failed.
#[derive(Serialize, ToSchema)]
struct LastFailure {
    at: DateTime<Utc>,
    /// What the relay answered, or what went wrong.
    reason: String,
}

impl From<OutboxItem> for Message {
    fn from(item: OutboxItem) -> Self {
        let OutboxItem {
            id,
            application,
            job,
            job_title,
            board,
            to,
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
            last_failure,
        } = item;
        Self {
            id: id.to_string(),
            application_id: application.to_string(),
            job_id: job.to_string(),
            board_id: board.to_string(),
            job_title,
            email: to.map(|to| to.to_string()),
            is_test,
            kind: kind.as_str(),
            state: state.as_str(),
            due_at,
            send_after,
            // While it is being sent, the end of a lease is nobody's affair.
            next_try_at: wake_at.filter(|_| state == State::Scheduled),
            tries,
            maybe_sent,
            cancel_requested,
            hold_reason,
            cancel_reason,
            cancel_words,
            settled_at,
            relay,
            reply,
            last_failure: last_failure.map(|Failure { at, reason }| LastFailure { at, reason }),
        }
    }
}
