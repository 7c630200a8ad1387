//! The job that does what comes round: next words, reconciling, forgetting.

use std::{sync::Arc, time::Duration};

use apalis::prelude::{BoxDynError, Data};
use hearback_ledger::{DuePeriodic, Ledger};
use tokio::{
    sync::{Notify, watch},
    time::sleep,
};

use crate::buffer::Buffer;

/// How often it is looked whether something is due.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Claims periodic work, one process at a time for each.
#[derive(Clone)]
pub(crate) struct Rounds {
    ledger: Ledger,
    claimed: Arc<Buffer<DuePeriodic>>,
    /// Some of it goes on at once, for as long as there is more.
    done: Arc<Notify>,
}

impl Rounds {
    pub(crate) fn new(ledger: Ledger, claimed: Arc<Buffer<DuePeriodic>>) -> Self {
        Self { ledger, claimed, done: Arc::default() }
    }

    /// Until it is asked to stop. What was claimed and not begun comes back with the end of its lease.
    pub(crate) async fn run(self, mut stopping: watch::Receiver<bool>) {
        let mut is_away = false;
        while !*stopping.borrow() {
            match self.ledger.claim_periodic().await {
                Ok(due) => {
                    is_away = false;
                    self.claimed.push(due);
                }
                Err(error) if !is_away => {
                    is_away = true;
                    tracing::warn!(%error, "what comes round cannot be claimed; trying again until it can");
                }
                Err(_) => {}
            }
            tokio::select! {
                // An error means that nobody is left who could ask.
                _ = stopping.wait_for(|stop| *stop) => break,
                () = self.done.notified() => {}
                () = sleep(LOOK_AGAIN) => {}
            }
        }
        self.claimed.drain();
    }
}

pub(crate) async fn come_round(due: DuePeriodic, rounds: Data<Rounds>) -> Result<(), BoxDynError> {
    let what = due.what.as_str();
    if let Err(error) = rounds.ledger.run_periodic(due).await {
        tracing::warn!(what, %error, "what came round was not done; it is tried again");
    }
    rounds.done.notify_one();
    Ok(())
}
