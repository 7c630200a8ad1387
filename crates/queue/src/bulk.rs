//! The job that carries out what is done to many applications at once: a slot of its own, so that it neither waits behind messages nor takes
//! the place of one, and a pause after each chunk, so that whoever applies meanwhile finds the database free.

use std::{sync::Arc, time::Duration};

use apalis::prelude::{BoxDynError, Data};
use hearback_ledger::{DueOperation, Ledger, LedgerError};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    time::sleep,
};

use crate::buffer::Buffer;

/// Carried out at once: by one process, one.
pub(crate) const SLOTS: usize = 1;

/// How often it is looked whether an operation is due.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// Between two chunks. A chunk holds SQLite's write lock for as long as it takes.
const PAUSE: Duration = Duration::from_millis(20);

/// While the database is away.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// A claimed operation with the slot that it is carried out in.
#[derive(Debug)]
pub(crate) struct HeldOperation {
    due: DueOperation,
    _slot: OwnedSemaphorePermit,
}

/// Claims operations and carries them out.
#[derive(Clone)]
pub(crate) struct Bulk {
    ledger: Ledger,
    claimed: Arc<Buffer<HeldOperation>>,
    slots: Arc<Semaphore>,
    stopping: watch::Receiver<bool>,
}

impl Bulk {
    pub(crate) fn new(ledger: Ledger, claimed: Arc<Buffer<HeldOperation>>, stopping: watch::Receiver<bool>) -> Self {
        Self { ledger, claimed, slots: Arc::new(Semaphore::new(SLOTS)), stopping }
    }

    /// Until it is asked to stop; then it gives back what nobody has begun.
    pub(crate) async fn run(self, mut stopping: watch::Receiver<bool>) {
        let mut is_away = false;
        while !*stopping.borrow() {
            match self.claim().await {
                Ok(()) => is_away = false,
                Err(error) if !is_away => {
                    is_away = true;
                    tracing::warn!(%error, "operations on many applications cannot be claimed; trying again until they can");
                }
                Err(_) => {}
            }
            tokio::select! {
                // An error means that nobody is left who could ask.
                _ = stopping.wait_for(|stop| *stop) => break,
                () = sleep(LOOK_AGAIN) => {}
            }
        }
        for held in self.claimed.drain() {
            self.give_back(&held.due).await;
        }
    }

    async fn claim(&self) -> Result<(), LedgerError> {
        let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() else { return Ok(()) };
        if let Some(due) = self.ledger.claim_operation().await? {
            tracing::info!(operation = %due.id, "an operation on many applications goes on");
            self.claimed.push([HeldOperation { due, _slot: slot }]);
        }
        Ok(())
    }

    async fn give_back(&self, due: &DueOperation) {
        if let Err(error) = self.ledger.release_operation(due).await {
            tracing::warn!(operation = %due.id, %error, "an operation could not be given back; it comes back with the end of its lease");
        }
    }
}

/// To its end, or until this worker ends: then another goes on with the next chunk.
pub(crate) async fn carry_out(held: HeldOperation, bulk: Data<Bulk>) -> Result<(), BoxDynError> {
    let HeldOperation { due, _slot } = held;
    loop {
        match bulk.ledger.work_operation(&due).await {
            Ok(true) => sleep(PAUSE).await,
            Ok(false) => return Ok(()),
            Err(LedgerError::Unavailable(error)) => {
                tracing::warn!(operation = %due.id, %error, "an operation cannot go on now; it is tried again");
                sleep(TRY_AGAIN).await;
            }
            Err(error) => {
                tracing::error!(operation = %due.id, %error, "an operation cannot go on; it comes back with the end of its lease");
                return Ok(());
            }
        }
        if *bulk.stopping.borrow() {
            bulk.give_back(&due).await;
            return Ok(());
        }
    }
}
