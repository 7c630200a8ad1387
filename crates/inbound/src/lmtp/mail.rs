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
        let first = if declared == 0 { FIRST } else { declared }.min(limit);
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

/// By doubling, within the room that is taken as long as that will do, and else in what is left.
fn grow(raw: &mut Vec<u8>, length: usize, limit: usize, taken: &mut OwnedSemaphorePermit, free: &Arc<Semaphore>) -> bool {
    let have = taken.num_permits() * UNIT;
    let doubled = length.max(2 * raw.capacity()).max(UNIT).min(limit);
    let capacity = if length <= have {
        doubled.min(have)
    } else {
        let more = |bytes: usize| Arc::clone(free).try_acquire_many_owned(units(bytes - have));
        let got = more(doubled).map(|got| (doubled, got)).or_else(|_none| more(length).map(|got| (length, got)));
        let Ok((bytes, got)) = got else { return false };
        taken.merge(got);
        bytes
    };
    raw.reserve_exact(capacity - raw.len());
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
        let room = Room::new(100 << 10);
        let mut small = room.begin(1, 90 << 10, SOON).await.unwrap();
        let mut large = room.begin(80 << 10, 90 << 10, SOON).await.unwrap();
        small.push(&[b'x'; 30 << 10]);
        assert_eq!(small.finish().unwrap_err(), reply::NO_ROOM);
        large.push(&[b'x'; 90 << 10]);
        assert_eq!(large.finish().unwrap().0.len(), 90 << 10, "there is room again");
    }
}
