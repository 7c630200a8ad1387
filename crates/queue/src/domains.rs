//! How many messages go to one recipient domain at once: a slow one must not hold all the slots of a process (P5).
//!
//! A claim takes what is oldest, whoever it is for. What a domain has no slot for is parked here, a little of it, so that a slot that
//! becomes free is filled at once; the rest goes back to the ledger, which counts no try, each message until its turn. So what waits for
//! one domain fills neither the slots nor the room of claims, and however much it is, a claim walks over it once and then meets those
//! behind it.
//!
//! Turns are as far apart as the domain takes mails: messages come back about when they can go, and not again and again before. A domain
//! that takes none for long has them all some minutes away, which is what it costs: a claim and a return for each in so many minutes.
//! To leave a full domain out of the claim itself would need the domain in the index of due rows, on both databases and for every claim.

use std::{
    collections::{HashMap, VecDeque, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use hearback_domain::notification::Lane;
use hearback_ledger::{Claim, Ledger};
use tokio::time::sleep;

use crate::{
    buffer::Buffer,
    held::{Held, HeldMessage},
};

/// Parked for one domain: so many for each of its slots.
const PARKED_PER_SLOT: usize = 8;

/// The shortest and the longest time until a turn.
const NEXT_TURN: TimeDelta = TimeDelta::milliseconds(250);
const LAST_TURN: TimeDelta = TimeDelta::minutes(5);

/// While the database is away: between two tries to give back, growing from the first to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LAST_PAUSE: Duration = Duration::from_secs(2);

/// The slots of all domains in this process.
pub(crate) struct Domains {
    ledger: Ledger,
    held: Arc<Held>,
    ready: Arc<Buffer<HeldMessage>>,
    /// Of each domain, if there is a bound.
    slots: Option<usize>,
    /// Of all domains together.
    most_parked: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Only those that have a slot taken.
    domains: HashMap<String, Domain>,
    parked: usize,
}

/// Something is parked only while every slot is taken: each slot that becomes free takes the next.
struct Domain {
    taken: usize,
    /// By lane, and within one as they came.
    parked: VecDeque<HeldMessage>,
    pace: Pace,
}

/// How fast a domain takes messages, and whose turn is when.
struct Pace {
    /// How long a slot was taken, lately.
    taken_for: TimeDelta,
    /// When a slot last became free; before any did, when the first was taken.
    freed_at: DateTime<Utc>,
    /// The last one that was given, by lane.
    turns: HashMap<Lane, DateTime<Utc>>,
}

/// A slot, until it is dropped.
pub(crate) struct Slot {
    domains: Arc<Domains>,
    domain: String,
    since: DateTime<Utc>,
}

impl Domains {
    pub(crate) fn new(ledger: Ledger, held: Arc<Held>, ready: Arc<Buffer<HeldMessage>>, slots: Option<usize>, most_parked: usize) -> Self {
        Self { ledger, held, ready, slots, most_parked, state: Mutex::default() }
    }

    /// Hands on what may be sent now, and keeps or gives back the rest. Those without a domain need no slot.
    pub(crate) async fn take_in(self: &Arc<Self>, claimed: Vec<(HeldMessage, Option<String>)>) {
        let put_off = self.sort(claimed);
        self.give_back(put_off).await;
    }

    /// Takes everything that nobody has begun.
    pub(crate) fn drain(&self) -> Vec<HeldMessage> {
        let mut state = self.lock();
        let mut unsent: Vec<HeldMessage> = state.domains.values_mut().flat_map(|domain| domain.parked.drain(..)).collect();
        self.held.set_apart(-signed(unsent.len()));
        state.parked = 0;
        unsent.extend(self.ready.drain());
        unsent
    }

    fn sort(self: &Arc<Self>, claimed: Vec<(HeldMessage, Option<String>)>) -> Vec<(HeldMessage, DateTime<Utc>)> {
        let now = self.ledger.now();
        let mut state = self.lock();
        let (parked_before, mut ready, mut put_off) = (state.parked, Vec::with_capacity(claimed.len()), Vec::new());
        for (mut message, domain) in claimed {
            let (Some(domain), Some(slots)) = (domain, self.slots.map(|slots| slots.max(1))) else {
                ready.push(message);
                continue;
            };
            let State { domains, parked } = &mut *state;
            let of_domain = domains.entry(domain.clone()).or_insert_with(|| Domain::new(now));
            if of_domain.taken < slots {
                of_domain.taken += 1;
                message.slot = Some(Slot { domains: Arc::clone(self), domain, since: now });
                ready.push(message);
                continue;
            }
            of_domain.park(message);
            *parked += 1;
            if of_domain.parked.len() > slots * PARKED_PER_SLOT || *parked > self.most_parked {
                *parked -= 1;
                put_off.extend(of_domain.put_off(slots, now));
            }
        }
        self.held.set_apart(signed(state.parked) - signed(parked_before));
        // Under the lock, as everywhere here: what is drained is drained whole.
        self.ready.push(ready);
        put_off
    }

    /// Until it is written, or the leases have ended: what nobody began must not look as if it may have been sent.
    async fn give_back(&self, put_off: Vec<(HeldMessage, DateTime<Utc>)>) {
        if put_off.is_empty() {
            return;
        }
        let claims: Vec<(Claim, DateTime<Utc>)> = put_off.iter().map(|(held, turn)| (held.message.claim, *turn)).collect();
        let mut pause = FIRST_PAUSE;
        while let Err(error) = self.ledger.postpone(&claims).await {
            if pause == FIRST_PAUSE {
                tracing::warn!(%error, messages = claims.len(), "messages to busy domains cannot be given back; trying again until they can");
            }
            if !put_off.iter().any(|(held, _)| held.is_still_ours(self.ledger.now())) {
                return;
            }
            sleep(pause).await;
            pause = (pause * 2).min(LAST_PAUSE);
        }
    }

    fn free(self: &Arc<Self>, domain: &str, since: DateTime<Utc>) {
        let now = self.ledger.now();
        let mut state = self.lock();
        let State { domains, parked } = &mut *state;
        let Entry::Occupied(mut entry) = domains.entry(domain.to_owned()) else { return };
        let of_domain = entry.get_mut();
        of_domain.pace.freed(since, now);
        if let Some(mut next) = of_domain.parked.pop_front() {
            *parked -= 1;
            self.held.set_apart(-1);
            next.slot = Some(Slot { domains: Arc::clone(self), domain: domain.to_owned(), since: now });
            self.ready.push([next]);
            return;
        }
        of_domain.taken -= 1;
        if of_domain.taken == 0 {
            entry.remove();
        }
    }

    /// What is behind the lock is whole at any moment, so a panic of another holder does not matter.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Domain {
    fn new(now: DateTime<Utc>) -> Self {
        Self { taken: 0, parked: VecDeque::new(), pace: Pace { taken_for: TimeDelta::zero(), freed_at: now, turns: HashMap::new() } }
    }

    /// Behind those of its own lane, and before the lanes that are behind it.
    fn park(&mut self, message: HeldMessage) {
        let at = self.parked.partition_point(|parked| parked.message.kind.lane().number() <= message.message.kind.lane().number());
        self.parked.insert(at, message);
    }

    /// The last one that is parked, and when its turn is.
    fn put_off(&mut self, slots: usize, now: DateTime<Utc>) -> Option<(HeldMessage, DateTime<Utc>)> {
        let message = self.parked.pop_back()?;
        let turn = self.pace.turn(message.message.kind.lane(), self.parked.len(), slots, now);
        Some((message, turn))
    }
}

impl Pace {
    fn freed(&mut self, since: DateTime<Utc>, now: DateTime<Utc>) {
        self.taken_for = (self.taken_for * 3 + (now - since).max(TimeDelta::zero())) / 4;
        self.freed_at = now;
    }

    /// Behind the `ahead` that are parked, and behind the last one of its lane that was put off.
    fn turn(&mut self, lane: Lane, ahead: usize, slots: usize, now: DateTime<Utc>) -> DateTime<Utc> {
        // While no slot becomes free, the domain is as slow as that.
        let each = self.taken_for.max(now - self.freed_at).min(LAST_TURN) / i32::try_from(slots).unwrap_or(i32::MAX);
        let first = now + (each * i32::try_from(ahead).unwrap_or(i32::MAX)).max(NEXT_TURN);
        let turn = self.turns.get(&lane).map_or(first, |last| first.max(*last + each)).min(now + LAST_TURN);
        self.turns.insert(lane, turn);
        turn
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.domains.free(&self.domain, self.since);
    }
}

impl std::fmt::Debug for Slot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Slot({})", self.domain)
    }
}

/// No collection is half as long as memory.
const fn signed(count: usize) -> isize {
    count as isize
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

    fn pace() -> Pace {
        Pace { taken_for: TimeDelta::zero(), freed_at: NOW, turns: HashMap::new() }
    }

    #[test]
    fn what_is_put_off_comes_back_about_when_the_domain_can_take_it() {
        let mut pace = pace();
        let now = NOW + TimeDelta::seconds(60);
        for _ in 0..50 {
            pace.freed(now - TimeDelta::milliseconds(100), now);
        }
        // Five slots, a tenth of a second each: fifty a second.
        let turns: Vec<_> = (0..1_000).map(|_| pace.turn(Lane::Bulk, 40, 5, now)).collect();
        let span = (turns[999] - turns[0]).num_seconds();
        assert!((18..=20).contains(&span), "{span} s for a thousand");
        let prompt = pace.turn(Lane::Prompt, 40, 5, now);
        assert!(prompt < now + TimeDelta::seconds(1), "not behind the bulk: {}", prompt - now);
    }

    #[test]
    fn a_domain_that_takes_nothing_is_not_asked_again_and_again() {
        let mut pace = pace();
        // Nothing has become free for a minute: each of five slots is that slow at least.
        let now = NOW + TimeDelta::minutes(1);
        let turns: Vec<_> = (0..10_000).map(|_| pace.turn(Lane::Prompt, 40, 5, now)).collect();
        let soon = turns.iter().filter(|turn| **turn < now + TimeDelta::minutes(4)).count();
        assert!(soon < 25, "{soon} of 10,000 come back within four minutes");
        assert!(turns.iter().all(|turn| *turn <= now + LAST_TURN), "and all within five");
    }
}
