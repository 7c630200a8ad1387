//! The same request twice makes one application. The key is written in the transaction that writes the application.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use hearback_domain::ids::ApplicationId;
use sea_orm::{ConnectionTrait, FromQueryResult};
use uuid::Uuid;

use super::{Idempotency, Submission, SubmitError, Submitted};
use crate::{
    Ledger, LedgerError,
    database::Transaction,
    rows::{Cell, Column, Rows},
};

#[derive(FromQueryResult)]
struct Row {
    number: i64,
    fingerprint: Vec<u8>,
    application_id: Uuid,
    received_at: DateTime<Utc>,
    link_generation: i32,
}

const SELECT: &str = "SELECT v.number, k.fingerprint, k.application_id, a.received_at, a.link_generation
    FROM v JOIN idempotency_key k ON k.api_key_id = v.api_key_id AND k.idempotency_key = v.idempotency_key
    JOIN application a ON a.id = k.application_id";

/// Answers the submissions whose key was used before.
pub(super) async fn replay(
    ledger: &Ledger,
    submissions: &[&Submission],
    results: &mut [Option<Result<Submitted, SubmitError>>],
) -> Result<(), LedgerError> {
    let keyed = submissions.iter().enumerate().filter_map(|(at, submission)| Some((at, submission.idempotency.as_ref()?)));
    let number = |at: usize| i64::try_from(at).expect("a batch is small");
    let rows = keyed
        .clone()
        .map(|(at, Idempotency { api_key, key, fingerprint: _ })| [Cell::Int(number(at)), api_key.uuid().into(), key.clone().into()]);
    let rows = Rows::new([Column::Int("number"), Column::Uuid("api_key_id"), Column::Text("idempotency_key")], rows);
    if rows.is_empty() {
        return Ok(());
    }
    let database = ledger.database();
    for row in database.reader().query_all_raw(rows.statement(database.backend(), SELECT)).await? {
        let Row { number: found, fingerprint, application_id, received_at, link_generation } = Row::from_query_result(&row, "")?;
        let Some((at, idempotency)) = keyed.clone().find(|(at, _)| number(*at) == found) else { continue };
        let first = Submitted { application: application_id.into(), received_at, link_generation, replayed: true };
        let same = fingerprint == idempotency.fingerprint;
        results[at] = Some(if same { Ok(first) } else { Err(SubmitError::IdempotencyKeyReused) });
    }
    Ok(())
}

const INSERT: &str = "INSERT INTO idempotency_key (api_key_id, idempotency_key, fingerprint, application_id, created_at)
    SELECT api_key_id, idempotency_key, fingerprint, application_id, created_at FROM v WHERE true
    ON CONFLICT DO NOTHING RETURNING application_id";

/// Takes the keys for these applications, and returns those that got theirs.
pub(super) async fn take<'a>(
    transaction: &Transaction,
    submissions: impl Iterator<Item = (ApplicationId, &'a Submission)>,
    now: DateTime<Utc>,
) -> Result<HashSet<ApplicationId>, LedgerError> {
    let mut keyed: Vec<(&Idempotency, ApplicationId)> =
        submissions.filter_map(|(id, submission)| Some((submission.idempotency.as_ref()?, id))).collect();
    if keyed.is_empty() {
        return Ok(HashSet::new());
    }
    // In one order everywhere: two batches with the same keys must not wait for each other.
    keyed.sort_by(|(a, _), (b, _)| (a.api_key, &a.key).cmp(&(b.api_key, &b.key)));
    let rows = keyed.into_iter().map(|(Idempotency { api_key, key, fingerprint }, id)| {
        [api_key.uuid().into(), key.clone().into(), Cell::Bytes(fingerprint.to_vec()), id.uuid().into(), now.into()]
    });
    let columns = [
        Column::Uuid("api_key_id"),
        Column::Text("idempotency_key"),
        Column::Bytes("fingerprint"),
        Column::Uuid("application_id"),
        Column::Time("created_at"),
    ];
    let statement = Rows::new(columns, rows).statement(transaction.get_database_backend(), INSERT);
    let taken = transaction.query_all_raw(statement).await?;
    taken.iter().map(|row| Ok(ApplicationId::from(row.try_get::<Uuid>("", "application_id")?))).collect()
}
