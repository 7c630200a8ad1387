//! What happened to an application, and what became of each message owed to its applicant.

use chrono::{DateTime, Utc};
use hearback_domain::actor;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::schema;

/// Something that changed the record.
#[derive(Serialize, ToSchema)]
pub(crate) struct Event {
    #[schema(value_type = schema::EventId)]
    id: String,
    at: DateTime<Utc>,
    #[schema(value_type = schema::EventKind)]
    kind: &'static str,
    actor: Actor,
    /// What was asked for: `to` and `tell` of a move, `reason` of a rejection.
    #[schema(value_type = Object)]
    data: Value,
    /// The message that it owes.
    #[schema(required, value_type = Option<schema::NotificationId>)]
    owes: Option<String>,
}

/// Who did something.
#[derive(Serialize, ToSchema)]
pub(crate) struct Actor {
    #[schema(value_type = schema::ActorKind)]
    kind: &'static str,
    /// The key's id; the account at the command line; the part of Hearback for `system`.
    id: String,
    /// The person behind the key, as `Hearback-Actor` named them.
    #[schema(required)]
    on_behalf_of: Option<String>,
}

/// One message owed to the applicant.
#[derive(Serialize, ToSchema)]
pub(super) struct Notification {
    #[schema(value_type = schema::NotificationId)]
    id: String,
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
    /// The stage that it speaks of.
    #[schema(required, value_type = Option<schema::Stage>)]
    stage: Option<&'static str>,
    /// The date of the next word that it names.
    #[schema(required)]
    promised_by: Option<DateTime<Utc>>,
    /// An earlier try may have reached the applicant, and nobody can know.
    maybe_sent: bool,
    #[schema(required)]
    hold_reason: Option<String>,
    #[schema(required)]
    cancel_reason: Option<String>,
    /// When its state became final.
    #[schema(required)]
    settled_at: Option<DateTime<Utc>>,
    /// The relay that accepted it.
    #[schema(required)]
    relay: Option<String>,
    /// What the relay answered.
    #[schema(required)]
    reply: Option<String>,
    /// As sent.
    #[schema(required)]
    subject: Option<String>,
    /// The text part, as sent.
    #[schema(required)]
    text: Option<String>,
    #[schema(required)]
    template_version: Option<String>,
    /// The tries that failed, oldest first.
    tries: Vec<Try>,
}

/// A try that failed.
#[derive(Serialize, ToSchema)]
pub(crate) struct Try {
    #[schema(value_type = schema::TryId)]
    id: String,
    at: DateTime<Utc>,
    /// `retry`, `relay_down`, `maybe_sent`, `undeliverable` or `hold`.
    #[schema(example = "retry")]
    outcome: String,
    /// What the relay answered, or what went wrong.
    reason: String,
    #[schema(required)]
    relay: Option<String>,
}

impl From<hearback_ledger::Event> for Event {
    fn from(event: hearback_ledger::Event) -> Self {
        let hearback_ledger::Event { id, kind, at, actor, data, owes } = event;
        Self { id: id.to_string(), at, kind: kind.as_str(), actor: actor.into(), data, owes: owes.map(|message| message.to_string()) }
    }
}

impl From<actor::Actor> for Actor {
    fn from(actor: actor::Actor) -> Self {
        let actor::Actor { kind, id, on_behalf_of } = actor;
        Self { kind: kind.as_str(), id, on_behalf_of }
    }
}

impl From<hearback_ledger::Notification> for Notification {
    fn from(notification: hearback_ledger::Notification) -> Self {
        let hearback_ledger::Notification {
            id,
            kind,
            state,
            due_at,
            next_try_at,
            send_after,
            stage,
            promised_by,
            maybe_sent,
            hold_reason,
            cancel_reason,
            settled_at,
            relay,
            reply,
            subject,
            text,
            template_version,
            tries,
        } = notification;
        Self {
            id: id.to_string(),
            kind: kind.as_str(),
            state: state.as_str(),
            due_at,
            send_after,
            next_try_at,
            stage: stage.map(|stage| stage.as_str()),
            promised_by,
            maybe_sent,
            hold_reason,
            cancel_reason,
            settled_at,
            relay,
            reply,
            subject,
            text,
            template_version,
            tries: tries.into_iter().map(Try::from).collect(),
        }
    }
}

impl From<hearback_ledger::Try> for Try {
    fn from(failed: hearback_ledger::Try) -> Self {
        let hearback_ledger::Try { id, at, outcome, reason, relay } = failed;
        Self { id: id.to_string(), at, outcome, reason, relay }
    }
}
