//! What a webhook says: ids and where things stand. Whoever wants more reads it by the API, with a key.

use chrono::{DateTime, SecondsFormat, Utc};
use hearback_domain::{
    ids::{ApplicationId, BoardId, EventId, JobId, NotificationId},
    notification::State,
    webhook::WebhookType,
};
use sea_orm::{FromQueryResult, QueryResult};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::LedgerError;

/// One row of a source, with what it belongs to.
#[derive(FromQueryResult)]
pub(super) struct Happened {
    /// The event, or the message.
    pub(super) id: Uuid,
    pub(super) at: DateTime<Utc>,
    /// An event's kind, or a message's state.
    pub(super) word: String,
    pub(super) board_id: Uuid,
    pub(super) is_test: bool,
    application_id: Uuid,
    job_id: Uuid,
    status: String,
    stage: String,
    /// The message that an event owes, or the message itself.
    message_id: Option<Uuid>,
    message_kind: Option<String>,
    message_state: Option<String>,
    message_settled_at: Option<DateTime<Utc>>,
    /// What the request that led to it was named by.
    pub(super) trace: Option<String>,
    /// Of an event.
    data: Option<String>,
}

/// A message that an event names.
#[derive(FromQueryResult)]
pub(super) struct Named {
    pub(super) id: Uuid,
    kind: String,
    state: String,
    settled_at: Option<DateTime<Utc>>,
}

/// What `Named` is read from.
pub(super) const NAMED: &str = "SELECT n.id, n.kind, n.state, n.settled_at FROM notification n WHERE n.id IN (SELECT v.id FROM v)";

/// Of both sources; in front of it stand the id, the moment and the word.
pub(super) const COLUMNS: &str = "j.board_id, a.is_test, a.id AS application_id, j.id AS job_id, a.status, a.stage,
    n.id AS message_id, n.kind AS message_kind, n.state AS message_state, n.settled_at AS message_settled_at";

impl Happened {
    pub(super) fn read(row: &QueryResult) -> Result<Self, LedgerError> {
        Ok(Self::from_query_result(row, "")?)
    }

    /// What a person does about a message is an event that owes none: the message is named in its data, as `outbox/act.rs` puts it there.
    pub(super) fn acted_on(&self) -> Option<NotificationId> {
        let data: Value = serde_json::from_str(self.data.as_deref()?).ok()?;
        let id = match WebhookType::of_event(self.word.parse().ok()?)? {
            WebhookType::MessageRetried => &data["retried"],
            WebhookType::MessageReleased => &data["released"],
            WebhookType::MessageCancelled => &data["cancelled"][0]["id"],
            WebhookType::Submitted
            | WebhookType::Moved
            | WebhookType::Rejected
            | WebhookType::Unrejected
            | WebhookType::Hired
            | WebhookType::Withdrawn
            | WebhookType::Postponed
            | WebhookType::Interviewed
            | WebhookType::ToldOtherwise
            | WebhookType::AddressCorrected
            | WebhookType::Corrected
            | WebhookType::Complained
            | WebhookType::Replied
            | WebhookType::WrittenTo
            | WebhookType::MarkedAsAnswered
            | WebhookType::Merged
            | WebhookType::Unmerged
            | WebhookType::DecisionDue
            | WebhookType::NotTold
            | WebhookType::Erased
            | WebhookType::MessageSent
            | WebhookType::MessageBounced
            | WebhookType::MessageUndeliverable
            | WebhookType::Ping => return None,
        };
        id.as_str()?.parse().ok()
    }

    /// A cancellation may owe another message: it is about the one that was cancelled.
    pub(super) fn name(&mut self, message: &Named) {
        let Named { id, kind, state, settled_at } = message;
        self.message_id = Some(*id);
        self.message_kind = Some(kind.clone());
        self.message_state = Some(state.clone());
        self.message_settled_at = *settled_at;
    }

    /// `told_at` is `null` until a relay accepted the message that a decision owes: it then comes with `message.sent`.
    pub(super) fn payload(&self, kind: WebhookType, is_event: bool) -> String {
        let sent = self.message_state.as_deref() == Some(State::Sent.as_str());
        let told_at = self.message_settled_at.filter(|_| sent).map(written);
        let mut data = json!({
            "application_id": ApplicationId::from(self.application_id),
            "job_id": JobId::from(self.job_id),
            "board_id": BoardId::from(self.board_id),
            "status": self.status,
            "stage": self.stage,
            "notification_id": self.message_id.map(NotificationId::from),
            "notification_kind": self.message_kind,
            "notification_state": self.message_state,
            "told_at": told_at,
        });
        if is_event {
            data["event_id"] = json!(EventId::from(self.id));
        }
        envelope(kind, self.at, &data)
    }
}

pub(super) fn envelope(kind: WebhookType, at: DateTime<Utc>, data: &Value) -> String {
    json!({ "type": kind, "timestamp": written(at), "data": data }).to_string()
}

fn written(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}
