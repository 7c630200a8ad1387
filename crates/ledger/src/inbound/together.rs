//! Mails that are understood at the same time are acted on together: one transaction, and one disk flush for all of them.

use std::time::Duration;

use sea_orm::DbErr;
use tokio::{
    sync::{mpsc, oneshot},
    time::sleep,
};

use super::understood::Ends;
use crate::{Ledger, LedgerError, change::ATTEMPTS, database::Transaction, ledger::WeakLedger};

/// The most that one transaction takes: what it locks keeps others waiting for as long as it lasts.
const BATCH: usize = 128;

/// Where several come at the same time, more do: for so long they are waited for. A transaction costs much the same for one as for many, and
/// who brought the mails has its answer already.
const MEANWHILE: Duration = Duration::from_millis(15);

/// The most that wait; whoever comes after that waits for a place.
pub(crate) const WAITING: usize = 1024;

/// What is to be written about one mail.
pub(crate) trait Act: Send + Sync + Sized + 'static {
    type Written: Clone + Send + 'static;

    /// All in one transaction. `None` for what is left for the next one; something is written, or answered, every time.
    fn write(ledger: &Ledger, acts: &[&Self]) -> impl Future<Output = Result<Vec<Option<Self::Written>>, LedgerError>> + Send;
}

#[derive(Debug)]
pub(crate) struct Waiting<A: Act> {
    act: A,
    written: oneshot::Sender<Result<A::Written, LedgerError>>,
}

/// Returns when it is on disk.
pub(super) async fn written<A: Act>(acts: &mpsc::Sender<Waiting<A>>, act: A) -> Result<A::Written, LedgerError> {
    let (written, is_written) = oneshot::channel();
    let gone = || LedgerError::Unavailable(DbErr::Custom("the ledger is closing".to_owned()));
    acts.send(Waiting { act, written }).await.map_err(|_| gone())?;
    is_written.await.map_err(|_| gone())?
}

/// Takes what comes until the last [`Ledger`] of this database is gone.
pub(crate) async fn take<A: Act>(ledger: WeakLedger, mut waiting: mpsc::Receiver<Waiting<A>>) {
    loop {
        let mut batch = Vec::with_capacity(BATCH);
        if waiting.recv_many(&mut batch, BATCH).await == 0 {
            return;
        }
        if batch.len() > 1 {
            sleep(MEANWHILE).await;
            while batch.len() < BATCH
                && let Ok(next) = waiting.try_recv()
            {
                batch.push(next);
            }
        }
        let Some(ledger) = ledger.upgrade() else { return };
        write(&ledger, batch).await;
    }
}

async fn write<A: Act>(ledger: &Ledger, mut batch: Vec<Waiting<A>>) {
    while !batch.is_empty() {
        let acts: Vec<&A> = batch.iter().map(|waiting| &waiting.act).collect();
        match write_together(ledger, &acts).await {
            Ok(written) => {
                let mut left = Vec::new();
                for (waiting, written) in batch.into_iter().zip(written) {
                    match written {
                        // Whoever waited may be gone; it is written all the same.
                        Some(written) => drop(waiting.written.send(Ok(written))),
                        None => left.push(waiting),
                    }
                }
                batch = left;
            }
            // One that cannot be written must not fail its neighbours.
            Err(error) if batch.len() > 1 && !matches!(error, LedgerError::Unavailable(_)) => {
                for waiting in batch {
                    Box::pin(write(ledger, vec![waiting])).await;
                }
                return;
            }
            Err(error) => return fail(batch, error),
        }
    }
}

/// A deadlock or a lost race: the transaction is rolled back and the next attempt sees what the winner wrote.
async fn write_together<A: Act>(ledger: &Ledger, acts: &[&A]) -> Result<Vec<Option<A::Written>>, LedgerError> {
    let mut attempt = 1;
    loop {
        match A::write(ledger, acts).await {
            Err(error) if error.is_lost_race() && attempt < ATTEMPTS => attempt += 1,
            other => return other,
        }
    }
}

fn fail<A: Act>(batch: Vec<Waiting<A>>, error: LedgerError) {
    let text = error.to_string();
    let mut first = Some(error);
    for waiting in batch {
        let error = first.take().unwrap_or_else(|| LedgerError::Unavailable(DbErr::Custom(text.clone())));
        drop(waiting.written.send(Err(error)));
    }
}

/// Commits if every mail was still ours. Else nothing is written: whoever has the lost ones now writes all about them, and the others come
/// again.
pub(super) async fn commit<W: Clone>(
    transaction: Transaction,
    ends: Ends,
    written: Vec<Option<W>>,
    lost: W,
) -> Result<Vec<Option<W>>, LedgerError> {
    let are_lost = ends.write(&transaction).await?;
    if are_lost.is_empty() {
        transaction.commit().await?;
        return Ok(written);
    }
    transaction.rollback().await?;
    Ok((0..written.len()).map(|at| are_lost.contains(&at).then(|| lost.clone())).collect())
}
