//! A clock that moves when a test says so.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use chrono::{DateTime, TimeDelta, Utc};
use hearback_domain::clock::Clock;

/// Clones show the same time. Starts at [`FakeClock::START`].
#[derive(Clone, Debug)]
pub struct FakeClock(Arc<AtomicI64>);

impl FakeClock {
    /// Monday, 23 November 2026, 09:00 UTC: a working day outside quiet hours.
    pub const START: DateTime<Utc> = DateTime::from_timestamp(1_795_424_400, 0).expect("a date in range");

    pub fn advance(&self, by: TimeDelta) {
        let micros = by.num_microseconds().expect("a test stays within 292,000 years");
        self.0.fetch_add(micros, Ordering::SeqCst);
    }

    pub fn set(&self, now: DateTime<Utc>) {
        self.0.store(now.timestamp_micros(), Ordering::SeqCst);
    }
}

impl Default for FakeClock {
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(Self::START.timestamp_micros())))
    }
}

impl Clock for FakeClock {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0.load(Ordering::SeqCst)).expect("set from a date")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_move_together_and_nothing_else_moves_them() {
        let clock = FakeClock::default();
        let seen_elsewhere = clock.clone();
        assert_eq!(seen_elsewhere.now().to_rfc3339(), "2026-11-23T09:00:00+00:00");
        clock.advance(TimeDelta::days(14));
        assert_eq!(seen_elsewhere.now().to_rfc3339(), "2026-12-07T09:00:00+00:00");
        clock.set(FakeClock::START);
        assert_eq!(seen_elsewhere.now(), FakeClock::START);
    }
}
