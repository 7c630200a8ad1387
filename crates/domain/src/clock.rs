//! Time as a parameter.

use std::time::{Duration, Instant};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

/// Where a decision's `now` comes from. Every implementation answers in whole microseconds, the finest step that both
/// databases keep, so that a stored time compares equal to the one that was decided with.
pub trait Clock: Send + Sync + 'static {
    fn now(&self) -> DateTime<Utc>;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where the machine's clock is read")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now().trunc_subsecs(6)
    }
}

/// A clock that runs faster than time, so that what goes by the clock takes seconds instead of hours: for demonstrations and drills.
/// It begins with the machine's time. Clones show the same.
#[derive(Clone, Copy, Debug)]
pub struct FastClock {
    origin: DateTime<Utc>,
    since: Instant,
    times: i32,
}

impl FastClock {
    /// So many seconds for each one that passes.
    pub fn new(times: i32) -> Self {
        Self { origin: SystemClock.now(), since: Instant::now(), times }
    }

    /// How long this takes for everybody else.
    pub fn really(&self, by_this_clock: TimeDelta) -> Duration {
        (by_this_clock / self.times).to_std().unwrap_or_default()
    }
}

impl Clock for FastClock {
    fn now(&self) -> DateTime<Utc> {
        let micros = i64::try_from(self.since.elapsed().as_micros()).expect("nobody waits for 292,000 years");
        self.origin + TimeDelta::microseconds(micros) * self.times
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fast_clock_shows_an_hour_after_a_second() {
        let clock = FastClock::new(3_600);
        let (before, began) = (clock.now(), Instant::now());
        std::thread::sleep(clock.really(TimeDelta::minutes(3)));
        let (passed, took) = (clock.now() - before, began.elapsed());
        assert!(passed >= TimeDelta::minutes(3), "{passed}");
        assert!(passed.as_seconds_f64() <= (took.as_secs_f64() + 1.0) * 3_600.0, "{passed} in {took:?}");
    }
}
