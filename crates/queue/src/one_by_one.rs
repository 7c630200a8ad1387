//! Rows of which few are due at a time, each claimed by itself and worked on in a slot of its own: mails to staff, webhooks.

use std::{fmt, future::Future, sync::Arc, time::Duration};

use apalis::prelude::{BoxDynError, Data};
use hearback_ledger::{Ledger, LedgerError};
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore, watch},
    time::sleep,
};

use crate::buffer::Buffer;

/// How often it is looked whether one is due.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// While the database is away: between two tries to write how one ended.
const WRITE_AGAIN: Duration = Duration::from_secs(1);

/// What such rows are, and what is done with one.
pub(crate) trait Work: Send + Sync + 'static {
    type Due: Send + Sync + 'static;
    type Claim: Copy + fmt::Debug + Send + Sync;
    type Ended: Send + Sync;

    /// Worked on at once.
    const SLOTS: usize;
    /// Several of them, for the log.
    const THEM: &'static str;

    fn ledger(&self) -> &Ledger;
    fn claim_of(due: &Self::Due) -> Self::Claim;
    fn claim(&self) -> impl Future<Output = Result<Option<Self::Due>, LedgerError>> + Send;
    /// `false` if it is somebody else's by now.
    fn renew(&self, claim: &Self::Claim) -> impl Future<Output = Result<bool, LedgerError>> + Send;
    /// One try, and how it ended.
    fn attempt(&self, due: &Self::Due) -> impl Future<Output = Self::Ended> + Send;
    fn settle(&self, ended: &Self::Ended) -> impl Future<Output = Result<(), LedgerError>> + Send;
    fn release(&self, claims: &[Self::Claim]) -> impl Future<Output = Result<(), LedgerError>> + Send;
}

/// A claimed row with the slot that it is worked on in.
#[derive(Debug)]
pub(crate) struct Claimed<D> {
    due: D,
    _slot: OwnedSemaphorePermit,
}

/// Claims such rows, and works on them.
pub(crate) struct OneByOne<W: Work> {
    work: Arc<W>,
    claimed: Arc<Buffer<Claimed<W::Due>>>,
    slots: Arc<Semaphore>,
    /// What ended may have kept another from being claimed.
    ended: Arc<Notify>,
}

impl<W: Work> Clone for OneByOne<W> {
    fn clone(&self) -> Self {
        let Self { work, claimed, slots, ended } = self;
        Self { work: Arc::clone(work), claimed: Arc::clone(claimed), slots: Arc::clone(slots), ended: Arc::clone(ended) }
    }
}

impl<W: Work> OneByOne<W> {
    pub(crate) fn new(work: W) -> Self {
        Self { work: Arc::new(work), claimed: Arc::default(), slots: Arc::new(Semaphore::new(W::SLOTS)), ended: Arc::default() }
    }

    /// What was claimed, for the worker that works on it.
    pub(crate) fn claimed(&self) -> Arc<Buffer<Claimed<W::Due>>> {
        Arc::clone(&self.claimed)
    }

    /// Until it is asked to stop; then it gives back what nobody has begun.
    pub(crate) async fn run(self, mut stopping: watch::Receiver<bool>) {
        let them = W::THEM;
        let mut is_away = false;
        while !*stopping.borrow() {
            match self.claim().await {
                Ok(true) => continue,
                Ok(false) => is_away = false,
                Err(error) if !is_away => {
                    is_away = true;
                    tracing::warn!(%error, "{them} cannot be claimed; trying again until they can");
                }
                Err(_) => {}
            }
            tokio::select! {
                // An error means that nobody is left who could ask.
                _ = stopping.wait_for(|stop| *stop) => break,
                () = self.ended.notified() => {}
                () = sleep(LOOK_AGAIN) => {}
            }
        }
        let unsent: Vec<W::Claim> = self.claimed.drain().iter().map(|claimed| W::claim_of(&claimed.due)).collect();
        if !unsent.is_empty()
            && let Err(error) = self.work.release(&unsent).await
        {
            tracing::warn!(%error, "claimed {them} could not be given back; they come back with the end of their lease");
        }
    }

    /// As many as there are slots for, each with its own. Whether there was one.
    async fn claim(&self) -> Result<bool, LedgerError> {
        let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() else { return Ok(false) };
        let Some(due) = self.work.claim().await? else { return Ok(false) };
        self.claimed.push([Claimed { due, _slot: slot }]);
        Ok(true)
    }

    /// Three times within a lease, for as long as it is worked on.
    async fn keep_renewing(&self, claim: &W::Claim) {
        let pause = (self.work.ledger().lease() / 3).to_std().unwrap_or_default().max(Duration::from_millis(100));
        loop {
            sleep(pause).await;
            match self.work.renew(claim).await {
                Ok(true) => {}
                Ok(false) => tracing::debug!(?claim, "its lease ended before it was renewed"),
                Err(error) => tracing::warn!(%error, "a lease cannot be renewed for the moment"),
            }
        }
    }

    /// What became of it is not forgotten, however long the database is away.
    async fn settle(&self, claim: &W::Claim, ended: &W::Ended) {
        loop {
            match self.work.settle(ended).await {
                Ok(()) => return,
                Err(LedgerError::Unavailable(_)) => sleep(WRITE_AGAIN).await,
                Err(error) => {
                    tracing::error!(?claim, %error, "what became of one of the {} cannot be written; it comes back with its lease", W::THEM);
                    return;
                }
            }
        }
    }
}

/// The job.
pub(crate) async fn work<W: Work>(claimed: Claimed<W::Due>, all: Data<OneByOne<W>>) -> Result<(), BoxDynError> {
    let claim = W::claim_of(&claimed.due);
    let ended = tokio::select! {
        ended = all.work.attempt(&claimed.due) => ended,
        () = all.keep_renewing(&claim) => return Ok(()),
    };
    all.settle(&claim, &ended).await;
    // The slot first: it is what the next one needs.
    drop(claimed);
    all.ended.notify_one();
    Ok(())
}
