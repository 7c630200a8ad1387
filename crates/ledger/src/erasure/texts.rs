//! Texts in the middle of what stays: in an event's data, in the reason for a hold, in the words of a bulk operation.

use hearback_domain::{event::EventKind, ids::ApplicationId};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde_json::Value;
use uuid::Uuid;

use super::{
    anonymise::{People, of, reason},
    scrub::{ERASED, scrubbed},
};
use crate::{
    LedgerError, Rejection,
    bulk::{Spec, What},
    change::execute,
    database::Transaction,
    rows::{Cell, Column, Rows},
};

#[derive(FromQueryResult)]
struct EventRow {
    id: Uuid,
    kind: String,
    on_behalf_of: Option<String>,
    data: String,
    owed: Option<String>,
}

const EVENTS: &str = "SELECT e.id, e.kind, e.on_behalf_of, e.data, e.owed FROM v JOIN event e ON e.application_id = v.id";

const SET_EVENTS: &str = "UPDATE event SET on_behalf_of = v.on_behalf_of, data = v.data, owed = v.owed FROM v WHERE event.id = v.id";

/// What reconciling goes by stays: which messages were owed, taken back, put off, let go.
pub(super) async fn of_events(transaction: &Transaction, ids: &[ApplicationId], people: &People) -> Result<(), LedgerError> {
    let mut changed: Vec<[Cell; 4]> = Vec::new();
    for row in transaction.query_all_raw(of(ids).statement(transaction.get_database_backend(), EVENTS)).await? {
        let EventRow { id, kind, on_behalf_of, data, owed } = EventRow::from_query_result(&row, "")?;
        // Whoever submits for the applicant may have named them.
        let stays = |person: &String| kind != EventKind::Submitted.as_str() && !people.are_named(person);
        let person = on_behalf_of.clone().filter(stays);
        let (less, owed_less) = (without_texts(&data), owed.as_deref().map(without_texts));
        if less != data || owed_less != owed || person != on_behalf_of {
            changed.push([id.into(), person.into(), less.into(), owed_less.into()]);
        }
    }
    let columns = [Column::Uuid("id"), Column::Text("on_behalf_of"), Column::Text("data"), Column::Text("owed")];
    execute(transaction, Rows::new(columns, changed), SET_EVENTS).await
}

fn without_texts(json: &str) -> String {
    let Ok(value) = serde_json::from_str::<Value>(json) else { return "{}".to_owned() };
    let less = scrubbed(&value);
    // As it was written, if nothing is to go: another release may order fields otherwise.
    if less == value { json.to_owned() } else { less.to_string() }
}

/// A message that was held for what a relay said: it may have named the address.
pub(super) async fn of_holds(transaction: &Transaction, ids: &[ApplicationId]) -> Result<(), LedgerError> {
    const HELD: &str = "SELECT n.id, n.hold_reason FROM v JOIN notification n ON n.application_id = v.id WHERE n.hold_reason IS NOT NULL";
    const SET: &str = "UPDATE notification SET hold_reason = v.reason FROM v WHERE notification.id = v.id";
    let mut rows: Vec<[Cell; 2]> = Vec::new();
    for row in transaction.query_all_raw(of(ids).statement(transaction.get_database_backend(), HELD)).await? {
        let (id, was): (Uuid, String) = (row.try_get("", "id")?, row.try_get("", "hold_reason")?);
        rows.push([id.into(), reason(&was).to_owned().into()]);
    }
    execute(transaction, Rows::new([Column::Uuid("id"), Column::Text("reason")], rows), SET).await
}

/// Words that were meant for everybody whom an operation reached, and may name one of them. The others have them in their own messages. One
/// that goes on still needs them; it is looked at again a day later.
pub(super) async fn of_operations(transaction: &Transaction, ids: &[ApplicationId]) -> Result<(), LedgerError> {
    const OPERATIONS: &str = "SELECT DISTINCT o.id, o.spec FROM v JOIN bulk_item i ON i.application_id = v.id
        JOIN bulk_operation o ON o.id = i.operation_id WHERE o.finished_at IS NOT NULL";
    const SET: &str = "UPDATE bulk_operation SET spec = v.spec FROM v WHERE bulk_operation.id = v.id";
    let mut rows: Vec<[Cell; 2]> = Vec::new();
    for row in transaction.query_all_raw(of(ids).statement(transaction.get_database_backend(), OPERATIONS)).await? {
        let (id, text): (Uuid, String) = (row.try_get("", "id")?, row.try_get("", "spec")?);
        // One of another release is in words that nobody here knows.
        let less = serde_json::from_str::<Spec>(&text).map_or_else(|_| Ok("{}".to_owned()), |spec| serde_json::to_string(&wordless(spec)));
        rows.push([id.into(), less.map_err(|error| LedgerError::unreadable("bulk_operation", error))?.into()]);
    }
    execute(transaction, Rows::new([Column::Uuid("id"), Column::Text("spec")], rows), SET).await
}

fn wordless(spec: Spec) -> Spec {
    let Spec { what, who, named } = spec;
    let what = match what {
        What::Reject(Rejection { reason, internal_note: _, words: _, send_after, exemption }) => What::Reject(Rejection {
            reason,
            internal_note: None,
            words: None,
            send_after,
            exemption: exemption.map(|_| ERASED.to_owned()),
        }),
        What::Move { to, tell } => What::Move { to, tell },
        What::CloseJob { words: _ } => What::CloseJob { words: None },
    };
    Spec { what, who, named }
}
