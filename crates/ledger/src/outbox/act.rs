//! What is the same for everything that a person does to one message: lock its application, look, decide, write, commit, wake.

use chrono::{DateTime, Utc};
use hearback_domain::{
    actor::Actor,
    event::EventKind,
    ids::{ApplicationId, NotificationId},
    notification::{Does, InOutbox, OutboxVerb, decide},
    promise::{self, Happening, HoldReason},
};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use serde_json::{Value, json};
use uuid::Uuid;

use super::OutboxError;
use crate::{
    Ledger, LedgerError,
    change::{Lock, Locked, LockedAll, NewEvent, Rejected, Step, execute, lock, write},
    database::Transaction,
    rows::{Cell, Column, Rows},
    wake,
};

/// A lost race is rolled back and looked at again.
const ATTEMPTS: usize = 4;

/// A person's word about one message.
pub(super) struct Asked<'a> {
    pub(super) message: NotificationId,
    pub(super) verb: OutboxVerb,
    /// In their own words.
    pub(super) reason: Option<&'a str>,
    pub(super) actor: &'a Actor,
}

#[derive(FromQueryResult)]
struct Row {
    application_id: Uuid,
    state: String,
    send_after: DateTime<Utc>,
    wake_at: DateTime<Utc>,
    cancel_requested: bool,
    hold_reason: Option<String>,
}

const FIND: &str = "SELECT application_id, state, send_after, wake_at, cancel_requested, hold_reason FROM notification WHERE id = $1";

/// The try that is waited for is made now.
const DUE_NOW: &str = "UPDATE notification SET wake_at = v.wake_at FROM v WHERE notification.id = v.id AND state || '' = 'scheduled'";

/// Its reason is in the event from now on: whatever becomes of its place in the chain, it is not held for it again.
const RELEASE: &str = "UPDATE notification SET state = 'scheduled', wake_at = v.wake_at, hold_reason = NULL
    FROM v WHERE notification.id = v.id AND state || '' = 'held'";

const TRUST: &str = "UPDATE candidate SET refused_at = NULL FROM v JOIN notification n ON n.id = v.id
    JOIN application a ON a.id = n.application_id WHERE candidate.id = a.candidate_id";

pub(super) async fn act(ledger: &Ledger, asked: &Asked<'_>) -> Result<(), OutboxError> {
    let mut attempt = 1;
    loop {
        match try_to_act(ledger, asked).await {
            Err(OutboxError::Ledger(error)) if error.is_lost_race() && attempt < ATTEMPTS => attempt += 1,
            other => return other,
        }
    }
}

async fn try_to_act(ledger: &Ledger, asked: &Asked<'_>) -> Result<(), OutboxError> {
    let row = find(ledger.database().reader(), asked.message).await?.ok_or(OutboxError::NoSuchMessage)?;
    let application = ApplicationId::from(row.application_id);
    let transaction = ledger.database().begin().await?;
    let LockedAll { readable, unreadable } = lock(&transaction, &[application], Lock::WithMessages).await?;
    let now = ledger.clock().now();
    let step = match (readable.get(&application), unreadable.get(&application)) {
        (Some(locked), _) => step(ledger, &transaction, asked, locked, now).await,
        (None, Some(reason)) => Err(OutboxError::Unreadable(asked.message, reason.clone())),
        (None, None) => Err(OutboxError::NoSuchMessage),
    };
    let step = match step {
        Ok(Some(step)) => step,
        unchanged => {
            // Now, and not when the connection is used next: until then no worker could claim the message.
            transaction.rollback().await.map_err(LedgerError::from)?;
            return unchanged.map(drop);
        }
    };
    write(ledger, &transaction, vec![step], now).await?;
    wake::tell(&transaction).await?;
    transaction.commit().await.map_err(LedgerError::from)?;
    ledger.wake();
    Ok(())
}

/// Decides under lock, and writes what is the message's alone; `None` if nothing is to be done.
async fn step<'a>(
    ledger: &Ledger,
    transaction: &Transaction,
    asked: &Asked<'a>,
    locked: &'a Locked,
    now: DateTime<Utc>,
) -> Result<Option<Step<'a>>, OutboxError> {
    let unreadable = |reason: String| OutboxError::Unreadable(asked.message, reason);
    // Once more: until the lock was had, a worker may have sent it.
    let row = find(transaction, asked.message).await?.ok_or(OutboxError::NoSuchMessage)?;
    let Row { application_id: _, state, send_after, wake_at, cancel_requested, hold_reason } = row;
    let state = state.parse().map_err(|error: hearback_domain::UnknownWord| unreadable(error.to_string()))?;
    let step = match decide(asked.verb, InOutbox { state, send_after, wake_at, cancel_requested }, now)? {
        Does::Nothing => return Ok(None),
        Does::DueNow => {
            set(transaction, asked.message, now, DUE_NOW).await?;
            noted(locked, asked, EventKind::MessageRetried, json!({ "retried": asked.message }))
        }
        Does::Release { wake_at } => {
            set(transaction, asked.message, wake_at, RELEASE).await?;
            if hold_reason.as_deref() == Some(HoldReason::AddressRefused.as_str()) {
                // A person's word counts more than an earlier bounce; otherwise the next claim would hold it again.
                set(transaction, asked.message, now, TRUST).await?;
            }
            noted(locked, asked, EventKind::MessageReleased, json!({ "released": asked.message, "was_held": hold_reason }))
        }
        Does::Cancel => {
            let at = locked.position(asked.message).ok_or_else(|| unreadable("this release does not know what it is".to_owned()))?;
            let happening = Happening::CancelAsked { message: locked.facts.messages[at].clone() };
            let policy = ledger.policy_under(&locked.overriding);
            let decision = promise::decide(&happening, &locked.facts, &policy, now).map_err(|error| unreadable(error.to_string()))?;
            Step { decision, ..noted(locked, asked, EventKind::MessageCancelled, json!({ "reason": asked.reason })) }
        }
    };
    Ok(Some(step))
}

/// What changes nothing but the message, and is on record all the same.
fn noted<'a>(locked: &'a Locked, asked: &Asked<'a>, kind: EventKind, data: Value) -> Step<'a> {
    let event = NewEvent::of(kind, asked.actor, data);
    let decision = locked.facts.unchanged();
    Step { locked, decision, settled: None, event: Some(event), rejected: Rejected::Unchanged, words: asked.reason }
}

async fn find(connection: &impl ConnectionTrait, message: NotificationId) -> Result<Option<Row>, LedgerError> {
    let statement = Statement::from_sql_and_values(connection.get_database_backend(), FIND, [message.uuid().into()]);
    Ok(connection.query_one_raw(statement).await?.map(|row| Row::from_query_result(&row, "")).transpose()?)
}

async fn set(transaction: &Transaction, message: NotificationId, wake_at: DateTime<Utc>, how: &str) -> Result<(), LedgerError> {
    let row = [Cell::Uuid(message.uuid()), wake_at.into()];
    execute(transaction, Rows::new([Column::Uuid("id"), Column::Time("wake_at")], [row]), how).await
}
