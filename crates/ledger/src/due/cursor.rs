//! Where in the index of due rows the next claim begins.
//!
//! On PostgreSQL, rows that were claimed and settled leave dead entries at the front of the index. As long as any session holds a
//! snapshot from before, they can neither be vacuumed nor marked, and each claim would walk over all of them. So a claim begins where
//! the last one ended. Rows that appear before that point are found by looking back: a little way often, all the way now and then.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;
use uuid::Uuid;

use super::LANES;

/// Transactions that took their time before others and committed after them are this far behind at most, as a rule.
const LOOK_BACK: TimeDelta = TimeDelta::seconds(1);

/// How often a busy lane looks back.
const LOOK_BACK_EVERY: Duration = Duration::from_millis(50);

/// How often a claim begins at the front, at most.
const FROM_FRONT_EVERY: Duration = Duration::from_secs(2);

/// Claims from the front may take one part in so many of the time.
const FROM_FRONT_SHARE: u32 = 20;

/// One cursor a lane.
#[derive(Debug)]
pub(crate) struct Cursors([Cursor; LANES.len()]);

#[derive(Clone, Copy, Debug)]
struct Cursor {
    last: Option<(DateTime<Utc>, Uuid)>,
    looked_back_at: Instant,
    from_front_at: Instant,
}

/// How far back a claim looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    Front,
    LookBack,
    Last,
}

impl Default for Cursors {
    fn default() -> Self {
        let now = Instant::now();
        Self([Cursor { last: None, looked_back_at: now, from_front_at: now }; LANES.len()])
    }
}

impl Cursors {
    /// Where the next claim of this lane begins, and how that came to be.
    pub(crate) fn begin(&mut self, lane: usize, now: Instant) -> (From, Option<(DateTime<Utc>, Uuid)>) {
        let cursor = &mut self.0[lane];
        match cursor.last {
            Some(_) if now >= cursor.from_front_at => (From::Front, None),
            Some(last) if now >= cursor.looked_back_at + LOOK_BACK_EVERY => {
                cursor.looked_back_at = now;
                (From::LookBack, Some(looking_back(last)))
            }
            Some(last) => (From::Last, Some(last)),
            None => (From::Front, None),
        }
    }

    /// Where a lane that seems to be drained is looked at once more.
    pub(crate) fn look_back(&mut self, lane: usize, now: Instant) -> Option<(DateTime<Utc>, Uuid)> {
        self.0[lane].looked_back_at = now;
        self.0[lane].last.map(looking_back)
    }

    /// Notes the last row of a claim, and what the claim cost.
    pub(crate) fn ended(&mut self, lane: usize, from: From, last: Option<(DateTime<Utc>, Uuid)>, took: Duration, now: Instant) {
        let cursor = &mut self.0[lane];
        cursor.last = cursor.last.max(last);
        if from == From::Front {
            cursor.from_front_at = now + FROM_FRONT_EVERY.max(took * FROM_FRONT_SHARE);
        }
    }
}

fn looking_back((wake_at, _): (DateTime<Utc>, Uuid)) -> (DateTime<Utc>, Uuid) {
    (wake_at - LOOK_BACK, Uuid::nil())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Option<(DateTime<Utc>, Uuid)> {
        Some((DateTime::from_timestamp(second, 0).unwrap(), Uuid::from_u128(7)))
    }

    #[test]
    fn a_claim_begins_where_the_last_one_ended_and_looks_back_now_and_then() {
        let mut cursors = Cursors::default();
        let start = Instant::now();
        assert_eq!(cursors.begin(0, start), (From::Front, None));
        cursors.ended(0, From::Front, at(100), Duration::ZERO, start);
        assert_eq!(cursors.begin(0, start), (From::Last, at(100)));
        let (from, back) = cursors.begin(0, start + LOOK_BACK_EVERY);
        assert_eq!((from, back.unwrap().0), (From::LookBack, at(99).unwrap().0));
        assert_eq!(cursors.begin(0, start + FROM_FRONT_EVERY), (From::Front, None));
        assert_eq!(cursors.begin(1, start), (From::Front, None), "lanes are apart");
    }

    #[test]
    fn claims_from_the_front_that_are_slow_become_rare() {
        let mut cursors = Cursors::default();
        let start = Instant::now();
        cursors.ended(0, From::Front, at(100), Duration::from_secs(1), start);
        assert_ne!(cursors.begin(0, start + Duration::from_secs(19)).0, From::Front);
        assert_eq!(cursors.begin(0, start + Duration::from_secs(20)).0, From::Front);
    }
}
