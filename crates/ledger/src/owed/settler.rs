//! Tries that end at the same time are written together: one disk flush for all of them. What cannot be written yet stays here until it can.

use std::{sync::Arc, time::Duration};

use sea_orm::DbBackend;
use tokio::{
    sync::{Semaphore, mpsc, oneshot},
    time::sleep,
};

use super::Ended;
use crate::{Ledger, LedgerError, ledger::WeakLedger};

/// The most that one transaction takes.
const BATCH: usize = 512;

/// The most that wait; whoever comes after that waits for a place.
pub(crate) const WAITING: usize = 4096;

/// While another batch is being written, for so long this one takes in whoever comes: a batch costs the same on top of its rows, and without
/// this it has some 25 of them. Nobody waits for it but the next message of the same application; what was sent was sent.
const MEANWHILE: Duration = Duration::from_millis(4);

/// While the database is away: between two looks at it, growing from the first to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LAST_PAUSE: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) ended: Ended,
    pub(crate) written: oneshot::Sender<()>,
}

impl Ledger {
    /// Writes how a try ended, together with others that end at the same time. Returns when it is on disk, however long the database is
    /// away; until then whoever waits here sends nothing else.
    pub async fn settle_soon(&self, ended: Ended) {
        let (written, is_written) = oneshot::channel();
        // The taker lives for as long as there is a handle, and `self` is one.
        if self.settlements().send(Waiting { ended, written }).await.is_ok() {
            // An error means that the try was given up on, which was said there.
            drop(is_written.await);
        }
    }
}

/// Takes what is to be settled until the last [`Ledger`] of this database is gone.
pub(crate) async fn take(ledger: WeakLedger, backend: DbBackend, mut waiting: mpsc::Receiver<Waiting>) {
    // While one batch waits for the disk, the next is read and decided. SQLite has one writer: two would only queue.
    let at_once = if backend == DbBackend::Sqlite { 1 } else { 2 };
    let in_flight = Arc::new(Semaphore::new(at_once));
    while let Ok(permit) = Arc::clone(&in_flight).acquire_owned().await {
        let mut batch = Vec::with_capacity(BATCH);
        if waiting.recv_many(&mut batch, BATCH).await == 0 {
            return;
        }
        let is_alone = in_flight.available_permits() + 1 == at_once;
        if !is_alone && batch.len() < BATCH {
            sleep(MEANWHILE).await;
            while batch.len() < BATCH
                && let Ok(next) = waiting.try_recv()
            {
                batch.push(next);
            }
        }
        let Some(ledger) = ledger.upgrade() else { return };
        tokio::spawn(async move {
            let busy = write(&ledger, batch, Patience::ForFree).await;
            drop(permit);
            // One application that somebody holds for long keeps nobody else waiting.
            for waiting in busy {
                write(&ledger, vec![waiting], Patience::ForAll).await;
            }
        });
    }
}

/// Which applications are waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Patience {
    ForAll,
    /// Those that nobody else is changing at this moment.
    ForFree,
}

/// Returns those whose applications were busy.
async fn write(ledger: &Ledger, batch: Vec<Waiting>, patience: Patience) -> Vec<Waiting> {
    let mut pause = FIRST_PAUSE;
    loop {
        let ended: Vec<&Ended> = batch.iter().map(|waiting| &waiting.ended).collect();
        let settled = match patience {
            Patience::ForAll => ledger.settle_all(ended).await.map(|()| Vec::new()),
            Patience::ForFree => ledger.settle_free(&ended).await,
        };
        match settled {
            Ok(busy) => return answer(batch, &busy),
            Err(LedgerError::Unavailable(error)) => {
                if pause == FIRST_PAUSE {
                    tracing::warn!(%error, waiting = batch.len(), "what became of messages cannot be written yet; it is kept and written later");
                }
                sleep(pause).await;
                pause = (pause * 2).min(LAST_PAUSE);
            }
            // A row that the database refuses must not fail its neighbours.
            Err(_) if batch.len() > 1 => {
                for waiting in batch {
                    Box::pin(write(ledger, vec![waiting], Patience::ForAll)).await;
                }
                return Vec::new();
            }
            Err(error) => {
                give_up(ledger, batch, &error).await;
                return Vec::new();
            }
        }
    }
}

fn answer(batch: Vec<Waiting>, busy: &[bool]) -> Vec<Waiting> {
    let mut again = Vec::new();
    for (at, waiting) in batch.into_iter().enumerate() {
        if busy.get(at).copied().unwrap_or(false) {
            again.push(waiting);
        } else {
            // Whoever waited may be gone; it is written all the same.
            let _ = waiting.written.send(());
        }
    }
    again
}

/// What can never be written must not be sent again and again either: a person looks at it.
async fn give_up(ledger: &Ledger, batch: Vec<Waiting>, error: &LedgerError) {
    for Waiting { ended, written } in batch {
        let id = ended.claim.notification;
        tracing::error!(notification = %id, outcome = ?ended.outcome, %error, "what became of a message cannot be written; it is held");
        let reason = format!("its outcome cannot be written: {error}");
        if let Err(error) = ledger.hold_unreadable(ended.claim.token, vec![(id.uuid(), reason)]).await {
            tracing::error!(notification = %id, %error, "nor can it be held; it comes back with the end of its lease");
        }
        let _ = written.send(());
    }
}
