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

use crate::domains::Slot;

/// Bounded twice: by what waits for a slot or is being sent, and by what was sent and waits to be written down.
#[derive(Debug)]
pub(crate) struct Held {
    most_unsent: usize,
    most_unsettled: usize,
    inner: Mutex<Inner>,
    freed: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    leases: HashMap<NotificationId, Lease>,
    /// Every message that was claimed and not dropped, its lease lost or not.
    in_hand: usize,
    /// Those of them that are being sent or wait for it.
    unsent: usize,
    /// Those of them that do not count: what waits for its domain must not keep others out.
    apart: usize,
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
    sent: bool,
    held: Arc<Held>,
    /// Of its domain.
    pub(crate) slot: Option<Slot>,
}

impl Held {
    pub(crate) fn new(most_unsent: usize, most_unsettled: usize) -> Self {
        Self { most_unsent, most_unsettled, inner: Mutex::default(), freed: Notify::new() }
    }

    /// Returns when there is room for `least` more, and for how many there is. For one caller at a time.
    pub(crate) async fn room_for(&self, least: usize) -> usize {
        loop {
            let room = {
                let inner = self.lock();
                let Inner { unsent, in_hand, apart, leases: _ } = &*inner;
                let unsettled = (self.most_unsent + self.most_unsettled + apart).saturating_sub(*in_hand);
                (self.most_unsent + apart).saturating_sub(*unsent).min(unsettled)
            };
            if room >= least {
                return room;
            }
            self.freed.notified().await;
        }
    }

    /// So many more, or fewer, of what is held do not count.
    pub(crate) fn set_apart(&self, more: isize) {
        let mut inner = self.lock();
        inner.apart = inner.apart.saturating_add_signed(more);
        drop(inner);
        self.freed.notify_one();
    }

    pub(crate) fn hold(self: &Arc<Self>, messages: Vec<OwedMessage>) -> Vec<HeldMessage> {
        let mut inner = self.lock();
        inner.unsent += messages.len();
        inner.in_hand += messages.len();
        for message in &messages {
            inner.leases.insert(message.claim.notification, Lease { claim: message.claim, until: message.lease_until });
        }
        drop(inner);
        messages.into_iter().map(|message| HeldMessage { message, sent: false, held: Arc::clone(self), slot: None }).collect()
    }

    /// Returns when nobody has a message in hand any more: everything that was sent is written down.
    pub(crate) async fn all_settled(&self) {
        loop {
            if self.lock().in_hand == 0 {
                return;
            }
            self.freed.notified().await;
        }
    }

    fn claims(&self) -> Vec<Claim> {
        self.lock().leases.values().map(|lease| lease.claim).collect()
    }

    /// Notes which leases go on; the others are somebody else's by now, or settled.
    fn renewed(&self, asked: &[Claim], renewed: &[(Claim, DateTime<Utc>)]) -> usize {
        let leases = &mut self.lock().leases;
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

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HeldMessage {
    /// Whether nobody else may have claimed it meanwhile.
    pub(crate) fn is_still_ours(&self, now: DateTime<Utc>) -> bool {
        let inner = self.held.lock();
        inner.leases.get(&self.message.claim.notification).is_some_and(|lease| lease.claim == self.message.claim && now < lease.until)
    }

    /// Its try is over: the next message may be claimed, and one to the same domain be sent, while this one is written down.
    pub(crate) fn sent(&mut self) {
        self.slot = None;
        if !self.sent {
            self.sent = true;
            self.held.lock().unsent -= 1;
            self.held.freed.notify_one();
        }
    }
}

impl Drop for HeldMessage {
    fn drop(&mut self) {
        self.sent();
        let mut inner = self.held.lock();
        inner.in_hand -= 1;
        // A message that was lost may have been claimed again by this very process.
        if inner.leases.get(&self.message.claim.notification).is_some_and(|lease| lease.claim == self.message.claim) {
            inner.leases.remove(&self.message.claim.notification);
        }
        drop(inner);
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
