//! The rows that changes add: what happened, and what is owed.

use chrono::{DateTime, Utc};
use hearback_domain::{
    actor::Actor,
    application::Stage,
    event::EventKind,
    ids::{ApplicationId, EventId, NotificationId},
    notification::{Kind, State},
    promise::{HoldReason, Message, Owe},
};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::{
    LedgerError,
    rows::{Cell, Column, Rows},
    trace,
};

/// What happened to one application, before it has an id and a time.
#[derive(Clone, Debug)]
pub(crate) struct NewEvent {
    pub(crate) kind: EventKind,
    pub(crate) actor: Actor,
    pub(crate) data: Value,
    pub(crate) owes: Option<(NotificationId, Value)>,
    /// What the request that it came of was named by.
    pub(crate) trace: Option<String>,
}

/// A message that is owed from now on.
#[derive(Clone, Debug)]
pub(crate) struct NewNotification {
    pub(crate) id: NotificationId,
    pub(crate) application: ApplicationId,
    pub(crate) owe: Owe,
    /// `waiting` behind another message, or the head of its chain: `scheduled`, or `held` for a person.
    pub(crate) state: State,
    /// What the request that it came of was named by.
    pub(crate) trace: Option<String>,
}

impl NewEvent {
    pub(crate) fn of(kind: EventKind, actor: &Actor, data: Value) -> Self {
        Self { kind, actor: actor.clone(), data, owes: None, trace: trace::current() }
    }
}

impl NewNotification {
    /// As decisions see it.
    pub(crate) fn message(&self) -> Message {
        let Owe { kind, due_at, send_after, stage, words: _, promised_by, hold: _ } = self.owe.clone();
        Message { id: self.id, kind, state: self.state, maybe_sent: false, stage, promised_by, send_after, due_at, answers_until: None }
    }

    /// What the event keeps of it, so that the row can be derived again if it is lost.
    pub(crate) fn owed(&self) -> Value {
        let Owe { kind, due_at, send_after, stage, words, promised_by, hold } = &self.owe;
        let all = json!({
            "kind": kind, "due_at": due_at, "send_after": send_after, "stage": stage, "words": words,
            "promised_by": promised_by, "hold": hold,
        });
        match all {
            Value::Object(fields) => fields.into_iter().filter(|(_, value)| !value.is_null()).collect(),
            other => other,
        }
    }
}

/// What [`NewNotification::owed`] wrote.
#[derive(serde::Deserialize)]
struct Owed {
    kind: Kind,
    due_at: DateTime<Utc>,
    send_after: DateTime<Utc>,
    stage: Option<Stage>,
    words: Option<String>,
    promised_by: Option<DateTime<Utc>>,
    hold: Option<HoldReason>,
}

pub(crate) fn read_owed(text: &str) -> Result<Owe, LedgerError> {
    let owed: Owed = serde_json::from_str(text).map_err(|error| LedgerError::unreadable("event", error))?;
    let Owed { kind, due_at, send_after, stage, words, promised_by, hold } = owed;
    Ok(Owe { kind, due_at, send_after, stage, words, promised_by, hold })
}

const INSERT_EVENTS: &str = "INSERT INTO event (id, application_id, kind, at, actor_kind, actor_id, on_behalf_of, data, owes, owed,
    trace)
    SELECT id, application_id, kind, at, actor_kind, actor_id, on_behalf_of, data, owes, owed, trace FROM v";

const INSERT_NOTIFICATIONS: &str = "INSERT INTO notification (id, application_id, kind, state, lane, wake_at, due_at, send_after, tries,
    maybe_sent, cancel_requested, stage, words, promised_by, hold_reason, trace)
    SELECT id, application_id, kind, state, lane, send_after, due_at, send_after, 0, false, false, stage, words, promised_by, hold_reason,
    trace FROM v";

pub(crate) async fn insert_events(
    connection: &impl ConnectionTrait,
    events: Vec<(EventId, ApplicationId, NewEvent)>,
    now: DateTime<Utc>,
) -> Result<(), LedgerError> {
    if events.is_empty() {
        return Ok(());
    }
    let columns = [
        Column::Uuid("id"),
        Column::Uuid("application_id"),
        Column::Text("kind"),
        Column::Time("at"),
        Column::Text("actor_kind"),
        Column::Text("actor_id"),
        Column::Text("on_behalf_of"),
        Column::Text("data"),
        Column::Uuid("owes"),
        Column::Text("owed"),
        Column::Text("trace"),
    ];
    let rows = events.into_iter().map(|(id, application, event)| {
        let NewEvent { kind, actor: Actor { kind: actor_kind, id: actor_id, on_behalf_of }, data, owes, trace } = event;
        let (owes, owed) = owes.map(|(id, owed)| (id.uuid(), owed.to_string())).unzip();
        [
            id.uuid().into(),
            application.uuid().into(),
            kind.as_str().to_owned().into(),
            now.into(),
            actor_kind.as_str().to_owned().into(),
            actor_id.into(),
            on_behalf_of.into(),
            data.to_string().into(),
            owes.into(),
            owed.into(),
            trace.into(),
        ]
    });
    let statement = Rows::new(columns, rows).statement(connection.get_database_backend(), INSERT_EVENTS);
    connection.execute_raw(statement).await?;
    Ok(())
}

pub(crate) async fn insert_notifications(connection: &impl ConnectionTrait, new: Vec<NewNotification>) -> Result<(), LedgerError> {
    if new.is_empty() {
        return Ok(());
    }
    let columns = [
        Column::Uuid("id"),
        Column::Uuid("application_id"),
        Column::Text("kind"),
        Column::Text("state"),
        Column::Int("lane"),
        Column::Time("due_at"),
        Column::Time("send_after"),
        Column::Text("stage"),
        Column::Text("words"),
        Column::Time("promised_by"),
        Column::Text("hold_reason"),
        Column::Text("trace"),
    ];
    let rows = new.into_iter().map(|NewNotification { id, application, owe, state, trace }| {
        let Owe { kind, due_at, send_after, stage, words, promised_by, hold } = owe;
        [
            id.uuid().into(),
            application.uuid().into(),
            kind.as_str().to_owned().into(),
            state.as_str().to_owned().into(),
            Cell::Int(kind.lane().number().into()),
            due_at.into(),
            send_after.into(),
            stage.map(|stage| stage.as_str().to_owned()).into(),
            words.into(),
            promised_by.into(),
            hold.map(|reason| reason.as_str().to_owned()).into(),
            trace.into(),
        ]
    });
    let statement = Rows::new(columns, rows).statement(connection.get_database_backend(), INSERT_NOTIFICATIONS);
    connection.execute_raw(statement).await?;
    Ok(())
}
