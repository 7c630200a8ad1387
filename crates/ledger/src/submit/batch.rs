//! Submissions that come at the same time are committed together: one disk flush for all of them.

use std::{collections::HashSet, sync::Arc};

use hearback_domain::ids::{ApiKeyId, JobId};
use sea_orm::{DbBackend, DbErr};
use tokio::sync::{Semaphore, mpsc, oneshot};

use super::{Submission, SubmitError, Submitted, external_ids, write::write};
use crate::{Ledger, LedgerError, ledger::WeakLedger};

/// The most that one transaction takes.
const BATCH: usize = 256;

/// The most that wait; whoever comes after that waits for a place.
pub(crate) const WAITING: usize = 4096;

/// Deadlocks and lost races, before the answer is "try again".
const ATTEMPTS: usize = 5;

pub(crate) struct Waiting {
    pub(crate) submission: Submission,
    /// What the request was named by.
    pub(crate) trace: Option<String>,
    pub(crate) answer: oneshot::Sender<Result<Submitted, SubmitError>>,
}

/// Takes submissions until the last [`Ledger`] of this database is gone.
pub(crate) async fn take(ledger: WeakLedger, backend: DbBackend, mut waiting: mpsc::Receiver<Waiting>) {
    // While batches wait for the disk, which one flush may serve for several, others are read and decided. SQLite has one writer: two would
    // only queue.
    let in_flight = Arc::new(Semaphore::new(if backend == DbBackend::Sqlite { 1 } else { 2 }));
    let mut batch = Vec::with_capacity(BATCH);
    while let Ok(permit) = Arc::clone(&in_flight).acquire_owned().await {
        if batch.is_empty() && waiting.recv_many(&mut batch, BATCH).await == 0 {
            return;
        }
        let Some(ledger) = ledger.upgrade() else { return };
        let repeats = split_repeated_keys(&mut batch);
        let batch = std::mem::replace(&mut batch, repeats);
        tokio::spawn(async move {
            commit(&ledger, batch).await;
            drop(permit);
        });
    }
}

/// The second of two requests with one Idempotency-Key, or one external id, is answered with the first, so it waits until that is committed.
fn split_repeated_keys(batch: &mut Vec<Waiting>) -> Vec<Waiting> {
    let mut seen: HashSet<(ApiKeyId, String)> = HashSet::new();
    let mut named: HashSet<(JobId, String)> = HashSet::new();
    let repeats = |waiting: &mut Waiting| {
        let Submission { job, idempotency, external_id, .. } = &waiting.submission;
        let key = idempotency.as_ref().map(|idempotency| (idempotency.api_key, idempotency.key.clone()));
        let name = external_id.as_ref().map(|external_id| (*job, external_id.clone()));
        key.is_some_and(|key| !seen.insert(key)) || name.is_some_and(|name| !named.insert(name))
    };
    batch.extract_if(.., repeats).collect()
}

async fn commit(ledger: &Ledger, mut batch: Vec<Waiting>) {
    for attempt in 1.. {
        // Whoever went away before anything was written need not be written.
        batch.retain(|waiting| !waiting.answer.is_closed());
        let submissions: Vec<&Submission> = batch.iter().map(|waiting| &waiting.submission).collect();
        let traces: Vec<Option<&str>> = batch.iter().map(|waiting| waiting.trace.as_deref()).collect();
        let error = match write(ledger, &submissions, &traces).await {
            Ok(results) => {
                batch = answer(batch, results);
                LedgerError::Unavailable(DbErr::Custom("the same Idempotency-Key is being used at this moment".to_owned()))
            }
            // A row that the database refuses must not fail its neighbours.
            Err(error) if !error.is_lost_race() && !matches!(error, LedgerError::Unavailable(_)) && batch.len() > 1 => {
                for waiting in batch {
                    Box::pin(commit(ledger, vec![waiting])).await;
                }
                return;
            }
            Err(error) if error.is_lost_race() => error,
            Err(error) => return refuse(batch, error),
        };
        if batch.is_empty() {
            return;
        }
        if attempt == ATTEMPTS {
            return refuse(batch, error);
        }
    }
}

/// Answers those that have a result, and returns the others.
fn answer(batch: Vec<Waiting>, results: Vec<Option<Result<Submitted, SubmitError>>>) -> Vec<Waiting> {
    let mut again = Vec::new();
    for (waiting, result) in batch.into_iter().zip(results) {
        match result {
            // Whoever asked may have gone away: the application is on record all the same.
            Some(result) => drop(waiting.answer.send(result)),
            None => again.push(waiting),
        }
    }
    again
}

fn refuse(batch: Vec<Waiting>, error: LedgerError) {
    if external_ids::is_taken(&error) {
        // Each was written alone by then, so it is this one's.
        batch.into_iter().for_each(|waiting| drop(waiting.answer.send(Err(SubmitError::ExternalIdTaken))));
        return;
    }
    let text = error.to_string();
    let mut first = Some(error);
    for waiting in batch {
        let error = first.take().unwrap_or_else(|| LedgerError::Unavailable(DbErr::Custom(text.clone())));
        drop(waiting.answer.send(Err(error.into())));
    }
}
