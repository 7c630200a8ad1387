//! The claims that this process holds: whose leases are to be renewed, and how many more it may take.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use chrono::{DateTime, Utc};
use hearback_domain::ids::NotificationId;
use hearback_ledger::{Claim, Ledger, OwedMessage};
use tokio::{sync::Notify, time::sleep};

/// Bounded: what waits for a slot is held as well as what is being sent.
#[derive(Debug)]
pub(crate) struct Held {
    most: usize,
    leases: Mutex<HashMap<NotificationId, Lease>>,
    freed: Notify,
}

#[derive(Clone, Copy, Debug)]
struct Lease {
    claim: Claim,
    until: DateTime<Utc>,
}

/// A claimed message. Dropping it, whatever was done with it, makes room for another.
#[derive(Debug)]
pub(crate) struct HeldMessage {
    pub(crate) message: OwedMessage,
    held: Arc<Held>,
}

impl Held {
    pub(crate) fn new(most: usize) -> Self {
        Self { most, leases: Mutex::default(), freed: Notify::new() }
    }

    /// Returns when there is room for `least` more, and for how many there is.
    pub(crate) async fn room_for(&self, least: usize) -> usize {
        loop {
            let room = self.most.saturating_sub(self.lock().len());
            if room >= least {
                return room;
            }
            self.freed.notified().await;
        }
    }

    pub(crate) fn hold(self: &Arc<Self>, messages: Vec<OwedMessage>) -> Vec<HeldMessage> {
        let mut leases = self.lock();
        for message in &messages {
            leases.insert(message.claim.notification, Lease { claim: message.claim, until: message.lease_until });
        }
        drop(leases);
        messages.into_iter().map(|message| HeldMessage { message, held: Arc::clone(self) }).collect()
    }

    fn claims(&self) -> Vec<Claim> {
        self.lock().values().map(|lease| lease.claim).collect()
    }

    /// Notes which leases go on; the others are somebody else's by now, or settled.
    fn renewed(&self, asked: &[Claim], renewed: &[(Claim, DateTime<Utc>)]) -> usize {
        let mut leases = self.lock();
        let mut lost = 0;
        for claim in asked {
            let Some(lease) = leases.get_mut(&claim.notification).filter(|lease| lease.claim == *claim) else { continue };
            match renewed.iter().find(|(renewed, _)| renewed == claim) {
                Some((_, until)) => lease.until = *until,
                None => {
                    lease.until = DateTime::UNIX_EPOCH;
                    lost += 1;
                }
            }
        }
        lost
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<NotificationId, Lease>> {
        self.leases.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HeldMessage {
    /// Whether nobody else may have claimed it meanwhile.
    pub(crate) fn is_still_ours(&self, now: DateTime<Utc>) -> bool {
        let leases = self.held.lock();
        leases.get(&self.message.claim.notification).is_some_and(|lease| lease.claim == self.message.claim && now < lease.until)
    }
}

impl Drop for HeldMessage {
    fn drop(&mut self) {
        let mut leases = self.held.lock();
        // A message that was lost may have been claimed again by this very process.
        if leases.get(&self.message.claim.notification).is_some_and(|lease| lease.claim == self.message.claim) {
            leases.remove(&self.message.claim.notification);
        }
        drop(leases);
        self.held.freed.notify_one();
    }
}

/// Three times within a lease, so that one failure to renew loses nothing. Ends when nobody else holds them.
pub(crate) async fn keep_renewing(ledger: Ledger, held: Weak<Held>) {
    let pause = (ledger.lease() / 3).to_std().unwrap_or_default().max(Duration::from_millis(100));
    loop {
        sleep(pause).await;
        let Some(held) = held.upgrade() else { return };
        let claims = held.claims();
        if claims.is_empty() {
            continue;
        }
        match ledger.renew(&claims).await {
            Ok(renewed) => {
                let lost = held.renewed(&claims, &renewed);
                if lost > 0 {
                    tracing::debug!(lost, "leases ended before they were renewed, or their messages were settled at this moment");
                }
            }
            Err(error) => tracing::warn!(%error, "leases cannot be renewed for the moment"),
        }
    }
}
