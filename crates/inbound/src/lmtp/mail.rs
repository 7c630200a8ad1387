//! A mail while it comes in, and the room that all of them share.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::reply;

/// What room is counted in: a semaphore counts in 32 bits.
const UNIT: usize = 1 << 10;
/// What a mail begins with if nobody says how large it is.
const FIRST: usize = 64 << 10;

/// Bytes for the mails of all connections.
#[derive(Debug)]
pub(super) struct Room {
    free: Arc<Semaphore>,
    units: u32,
}

impl Room {
    pub(super) fn new(bytes: usize) -> Self {
        let units = units(bytes);
        Self { free: Arc::new(Semaphore::new(units as usize)), units }
    }

    pub(super) fn taken(&self) -> usize {
        (self.units as usize - self.free.available_permits().min(self.units as usize)) * UNIT
    }

    /// Room for a mail of `declared` bytes (0: unknown) that has at most `limit`. Whoever waits here has none yet, so nobody waits for
    /// somebody who waits; later there is room at once or never.
    pub(super) async fn begin(&self, declared: usize, limit: usize, patience: Duration) -> Option<Incoming> {
        // Some count a line end as one byte, or add a field on the way.
        let first = if declared == 0 { FIRST } else { declared.saturating_add(UNIT) }.min(limit);
        let taken = timeout(patience, Arc::clone(&self.free).acquire_many_owned(units(first))).await.ok()?.ok()?;
        Some(Incoming { raw: Vec::new(), limit, state: State::Fits(taken), free: Arc::clone(&self.free) })
    }
}

#[derive(Debug)]
pub(super) struct Incoming {
    raw: Vec<u8>,
    limit: usize,
    state: State,
    free: Arc<Semaphore>,
}

#[derive(Debug)]
enum State {
    Fits(OwnedSemaphorePermit),
    /// The rest is read and thrown away, since the other side listens only after the dot.
    Refused(&'static str),
}

impl Incoming {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        let State::Fits(taken) = &mut self.state else { return };
        let length = self.raw.len() + bytes.len();
        if length > self.limit {
            self.refuse(reply::TOO_BIG);
        } else if length <= self.raw.capacity() || grow(&mut self.raw, length, self.limit, taken, &self.free) {
            self.raw.extend_from_slice(bytes);
        } else {
            self.refuse(reply::NO_ROOM);
        }
    }

    fn refuse(&mut self, reply: &'static str) {
        self.raw = Vec::new();
        self.state = State::Refused(reply);
    }

    /// The mail, and what to hold as long as there is any of it; or the reply for every recipient.
    pub(super) fn finish(self) -> Result<(Vec<u8>, OwnedSemaphorePermit), &'static str> {
        match self.state {
            State::Fits(taken) => Ok((self.raw, taken)),
            State::Refused(reply) => Err(reply),
        }
    }
}

/// All that is taken at once, so that a mail of the size that was declared is never moved. Then by doubling, or as far as there is room:
/// both the old place and the new one count until it is moved.
fn grow(raw: &mut Vec<u8>, length: usize, limit: usize, taken: &mut OwnedSemaphorePermit, free: &Arc<Semaphore>) -> bool {
    let have = taken.num_permits() * UNIT;
    if raw.capacity() == 0 && length <= have {
        raw.reserve_exact(have.min(limit));
        return true;
    }
    let room = |bytes: usize| Some((Arc::clone(free).try_acquire_many_owned(units(bytes)).ok()?, bytes));
    let doubled = length.max(2 * raw.capacity()).min(limit);
    let Some((bigger, bytes)) = room(doubled).or_else(|| room(length)) else { return false };
    raw.reserve_exact(bytes - raw.len());
    *taken = bigger;
    true
}

fn units(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(UNIT)).expect("limits are checked: a TiB at most")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_millis(1);

    #[tokio::test]
    async fn what_mails_hold_is_counted_until_they_are_gone() {
        let room = Room::new(256 << 10);
        let mut mail = room.begin(0, 200 << 10, SOON).await.unwrap();
        for _ in 0..100 {
            mail.push(&[b'x'; 1 << 10]);
            assert!(room.taken() >= mail.raw.capacity() && room.taken() <= 200 << 10);
        }
        assert!(room.begin(200 << 10, 200 << 10, SOON).await.is_none(), "no room for a second one");
        let (raw, held) = mail.finish().unwrap();
        assert_eq!(raw.len(), 100 << 10);
        assert!(room.taken() >= raw.len());
        drop(held);
        assert_eq!(room.taken(), 0);
    }

    #[tokio::test]
    async fn a_mail_that_is_too_large_holds_nothing() {
        let room = Room::new(256 << 10);
        let mut mail = room.begin(1, 100, SOON).await.unwrap();
        mail.push(&[b'x'; 100]);
        mail.push(b"x");
        assert_eq!((room.taken(), mail.raw.capacity()), (0, 0));
        mail.push(b"x");
        assert_eq!(mail.finish().unwrap_err(), reply::TOO_BIG);
    }

    #[tokio::test]
    async fn a_mail_that_outgrows_the_room_is_put_off() {
        let room = Room::new(200 << 10);
        let mut small = room.begin(1, 180 << 10, SOON).await.unwrap();
        let mut large = room.begin(150 << 10, 180 << 10, SOON).await.unwrap();
        small.push(&[b'x'; 60 << 10]);
        assert_eq!(small.finish().unwrap_err(), reply::NO_ROOM);
        large.push(&[b'x'; 150 << 10]);
        assert_eq!((large.raw.len(), room.taken()), (150 << 10, 151 << 10), "it was never moved");
        large.push(b"and more than it said, where there is no room for two of it".repeat(30).as_slice());
        assert_eq!((large.finish().unwrap_err(), room.taken()), (reply::NO_ROOM, 0));
    }

    #[tokio::test]
    async fn a_mail_that_says_nothing_grows_to_its_limit() {
        let room = Room::new(2 << 20);
        let mut mail = room.begin(0, 1 << 20, SOON).await.unwrap();
        for _ in 0..1 << 10 {
            mail.push(&[b'x'; 1 << 10]);
        }
        assert_eq!(mail.finish().unwrap().0.len(), 1 << 20);
    }
}
