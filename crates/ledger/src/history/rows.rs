//! The rows of an application's history, as values.

use chrono::{DateTime, Utc};
use hearback_domain::{actor::Actor, ids::NotificationId, notification::State};
use sea_orm::DerivePartialModel;
use uuid::Uuid;

use super::{Event, Notification, Try};
use crate::{
    LedgerError,
    entity::{attempt, event, notification},
};

/// What a reader of the history sees of a message: not its bytes, which may be large, and not how it is claimed.
#[derive(DerivePartialModel)]
#[sea_orm(entity = "notification::Entity")]
pub(super) struct NotificationRow {
    pub(super) id: Uuid,
    kind: String,
    state: String,
    due_at: DateTime<Utc>,
    wake_at: DateTime<Utc>,
    send_after: DateTime<Utc>,
    stage: Option<String>,
    promised_by: Option<DateTime<Utc>>,
    maybe_sent: bool,
    hold_reason: Option<String>,
    cancel_reason: Option<String>,
    settled_at: Option<DateTime<Utc>>,
    relay: Option<String>,
    reply: Option<String>,
    subject: Option<String>,
    text_part: Option<String>,
    template_version: Option<String>,
}

impl NotificationRow {
    pub(super) fn read(self, tries: Vec<Try>) -> Result<Notification, LedgerError> {
        let Self {
            id,
            kind,
            state,
            due_at,
            wake_at,
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
            text_part,
            template_version,
        } = self;
        let state = state.parse().map_err(|error| LedgerError::unreadable("notification", error))?;
        Ok(Notification {
            id: id.into(),
            kind: kind.parse().map_err(|error| LedgerError::unreadable("notification", error))?,
            state,
            due_at,
            // While it is being sent the column holds the end of the lease, and later nothing that matters.
            next_try_at: (state == State::Scheduled).then_some(wake_at),
            send_after,
            stage: stage.map(|stage| stage.parse()).transpose().map_err(|error| LedgerError::unreadable("notification", error))?,
            promised_by,
            maybe_sent,
            hold_reason,
            cancel_reason,
            settled_at,
            relay,
            reply,
            subject,
            text: text_part,
            template_version,
            tries,
        })
    }
}

impl TryFrom<event::Model> for Event {
    type Error = LedgerError;

    fn try_from(row: event::Model) -> Result<Self, LedgerError> {
        // `owed` repeats the message that `owes` names, for the day that its row is lost.
        let event::Model { id, application_id: _, kind, at, actor_kind, actor_id, on_behalf_of, data, owes, owed: _ } = row;
        let actor_kind = actor_kind.parse().map_err(|error| LedgerError::unreadable("event", error))?;
        Ok(Self {
            id: id.into(),
            kind: kind.parse().map_err(|error| LedgerError::unreadable("event", error))?,
            at,
            actor: Actor { kind: actor_kind, id: actor_id, on_behalf_of },
            data: serde_json::from_str(&data).map_err(|error| LedgerError::unreadable("event", error))?,
            owes: owes.map(NotificationId::from),
        })
    }
}

impl From<attempt::Model> for Try {
    fn from(row: attempt::Model) -> Self {
        let attempt::Model { id, notification_id: _, at, outcome, reason, relay } = row;
        Self { id: id.into(), at, outcome, reason, relay }
    }
}
