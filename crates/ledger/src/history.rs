//! What happened to an application, and what became of each message owed to its applicant.

mod rows;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use hearback_domain::{
    actor::Actor,
    application::Stage,
    event::EventKind,
    ids::{ApplicationId, EventId, NotificationId, TryId},
    notification::{Kind, State},
};
use rows::NotificationRow;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use uuid::Uuid;

use crate::{
    Ledger, LedgerError,
    entity::{attempt, event, notification},
};

/// Something that changed the record.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub id: EventId,
    pub kind: EventKind,
    pub at: DateTime<Utc>,
    pub actor: Actor,
    /// What was asked for: `to` and `tell` of a move, `reason` of a rejection.
    pub data: serde_json::Value,
    /// The message that it owes.
    pub owes: Option<NotificationId>,
}

/// One message owed to the applicant, and how far it has come.
#[derive(Clone, PartialEq, Eq)]
pub struct Notification {
    pub id: NotificationId,
    pub kind: Kind,
    pub state: State,
    /// The promise: accepted by a relay at the latest then.
    pub due_at: DateTime<Utc>,
    /// When it is tried next; `None` unless it is scheduled.
    pub next_try_at: Option<DateTime<Utc>>,
    pub send_after: DateTime<Utc>,
    pub stage: Option<Stage>,
    /// The date of the next word that it names.
    pub promised_by: Option<DateTime<Utc>>,
    pub maybe_sent: bool,
    pub hold_reason: Option<String>,
    pub cancel_reason: Option<String>,
    pub settled_at: Option<DateTime<Utc>>,
    /// The relay that accepted it, and what it answered.
    pub relay: Option<String>,
    pub reply: Option<String>,
    /// As sent.
    pub subject: Option<String>,
    pub text: Option<String>,
    pub template_version: Option<String>,
    /// The tries that failed, oldest first.
    pub tries: Vec<Try>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Try {
    pub id: TryId,
    pub at: DateTime<Utc>,
    /// `retry`, `relay_down`, `maybe_sent`, `undeliverable` or `hold`.
    pub outcome: String,
    /// What the relay answered, or what went wrong.
    pub reason: String,
    pub relay: Option<String>,
}

/// Debug output ends in logs, where texts must not.
impl std::fmt::Debug for Notification {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Notification").field("id", &self.id).field("kind", &self.kind).field("state", &self.state).finish_non_exhaustive()
    }
}

impl Ledger {
    /// Oldest first.
    pub async fn events(&self, application: ApplicationId) -> Result<Vec<Event>, LedgerError> {
        let of_it = event::Entity::find().filter(event::Column::ApplicationId.eq(application.uuid()));
        let rows = of_it.order_by_asc(event::Column::Id).all(self.database().reader()).await?;
        rows.into_iter().map(Event::try_from).collect()
    }

    /// Oldest first, which is the order of the chain.
    pub async fn notifications(&self, application: ApplicationId) -> Result<Vec<Notification>, LedgerError> {
        let of_it = notification::Entity::find().filter(notification::Column::ApplicationId.eq(application.uuid()));
        let in_order = of_it.clone().order_by_asc(notification::Column::Id);
        let rows = in_order.into_partial_model::<NotificationRow>().all(self.database().reader()).await?;
        let ids = of_it.select_only().column(notification::Column::Id).into_query();
        let tries = attempt::Entity::find().filter(attempt::Column::NotificationId.in_subquery(ids));
        let mut tries_of: HashMap<Uuid, Vec<Try>> = HashMap::new();
        for row in tries.order_by_asc(attempt::Column::Id).all(self.database().reader()).await? {
            tries_of.entry(row.notification_id).or_default().push(row.into());
        }
        let with_tries = |row: NotificationRow| {
            let tries = tries_of.remove(&row.id).unwrap_or_default();
            row.read(tries)
        };
        rows.into_iter().map(with_tries).collect()
    }
}
