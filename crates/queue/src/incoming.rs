//! Claims mail that came in, as many as there are slots for.

use std::{sync::Arc, time::Duration};

use hearback_ledger::{ClaimedInboundMail, DueWatch, InboundClaim, Ledger, LedgerError};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    time::{sleep, timeout},
};

use crate::buffer::Buffer;

/// Worked on at once. Most of that time is spent waiting for a commit that they share.
pub(crate) const SLOTS: usize = 128;

/// Claimed as soon as there is room for so many, so that a claim is for several while much comes in; and for fewer after a moment, so that
/// mails that take long keep no slot empty.
const REFILL: usize = SLOTS / 4;
const MOMENT: Duration = Duration::from_millis(5);

/// How often somebody looks who was not woken.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Between two looks, however often somebody is woken: other processes do not say whom they wake, and mails that come in one after the other
/// are claimed together.
const BETWEEN: Duration = Duration::from_millis(10);

/// A claimed mail with the slot that it is worked on in.
#[derive(Debug)]
pub(crate) struct HeldInboundMail {
    pub(crate) mail: ClaimedInboundMail,
    pub(crate) _slot: OwnedSemaphorePermit,
}

#[derive(Clone)]
pub(crate) struct Incoming {
    ledger: Ledger,
    claimed: Arc<Buffer<HeldInboundMail>>,
    slots: Arc<Semaphore>,
}

impl Incoming {
    pub(crate) fn new(ledger: Ledger, claimed: Arc<Buffer<HeldInboundMail>>) -> Self {
        Self { ledger, claimed, slots: Arc::new(Semaphore::new(SLOTS)) }
    }

    /// Until it is asked to stop; then it gives back what nobody has begun. A mail that was begun and not ended comes back with its lease.
    pub(crate) async fn run(self, mut stopping: watch::Receiver<bool>) {
        let mut came_in = self.ledger.watch_mail();
        let mut is_away = false;
        loop {
            let slots = tokio::select! {
                // An error means that nobody is left who could ask.
                _ = stopping.wait_for(|stop| *stop) => break,
                slots = self.free_slots() => slots,
            };
            came_in.begin();
            // Not to be interrupted: what is claimed must be held.
            match self.claim(slots).await {
                Ok(true) => {
                    is_away = false;
                    continue;
                }
                // Everything was taken that was due: what comes in within the next moment is claimed together.
                Ok(false) => is_away = false,
                Err(error) if !is_away => {
                    is_away = true;
                    tracing::warn!(%error, "mail that came in cannot be claimed; trying again until it can");
                }
                Err(_) => {}
            }
            tokio::select! {
                _ = stopping.wait_for(|stop| *stop) => break,
                () = woken_or_after(&mut came_in, if is_away { None } else { Some(BETWEEN) }) => {}
            }
        }
        let unbegun: Vec<InboundClaim> = self.claimed.drain().iter().map(|held| held.mail.claim).collect();
        if let Err(error) = self.ledger.release_inbound_mails(&unbegun).await {
            tracing::warn!(%error, mails = unbegun.len(), "claimed mails could not be given back; they come back with the end of their lease");
        }
    }

    /// At least one.
    async fn free_slots(&self) -> Vec<OwnedSemaphorePermit> {
        let mut slots = Vec::with_capacity(SLOTS);
        let gathered = async {
            while slots.len() < REFILL {
                // Never closed.
                if let Ok(slot) = Arc::clone(&self.slots).acquire_owned().await {
                    slots.push(slot);
                }
            }
        };
        if timeout(MOMENT, gathered).await.is_err() && slots.is_empty() {
            slots.extend(Arc::clone(&self.slots).acquire_owned().await);
        }
        while let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() {
            slots.push(slot);
        }
        slots
    }

    /// Whether there may be more.
    async fn claim(&self, slots: Vec<OwnedSemaphorePermit>) -> Result<bool, LedgerError> {
        let mails = self.ledger.claim_inbound_mails(slots.len()).await?;
        let may_be_more = mails.len() == slots.len();
        self.claimed.push(mails.into_iter().zip(slots).map(|(mail, slot)| HeldInboundMail { mail, _slot: slot }));
        Ok(may_be_more)
    }
}

/// `least`: nobody is heard before. `None`: nobody is heard.
async fn woken_or_after(came_in: &mut DueWatch, least: Option<Duration>) {
    let woken = async {
        match least {
            Some(least) => {
                sleep(least).await;
                came_in.changed().await;
            }
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = woken => {}
        () = sleep(LOOK_AGAIN) => {}
    }
}
