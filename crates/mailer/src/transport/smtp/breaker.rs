//! Whether a relay is worth asking. Pure: time is a parameter, and there is no jitter, since a process asks a relay once at a time.

use chrono::{DateTime, TimeDelta, Utc};

use crate::transport::Readiness;

/// How long those wait who meet a relay that somebody else is trying out.
const TRYING_OUT: TimeDelta = TimeDelta::seconds(5);

/// Whether the relay is away or refuses us: both keep every mail from it, only the second is for the operator to mend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    Away,
    Configuration,
}

/// Why a relay is not asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    pub cause: Cause,
    /// With the relay's own words.
    pub reason: String,
}

/// What may go to the relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerState {
    /// Everything.
    Closed,
    /// Nothing before `until`.
    Open { until: DateTime<Utc> },
    /// One mail, to see whether the relay takes it.
    HalfOpen,
}

#[derive(Debug)]
pub(super) struct Breaker {
    state: BreakerState,
    since: DateTime<Utc>,
    /// In a row.
    failures: u32,
    last: Option<(DateTime<Utc>, Trouble)>,
    first_pause: TimeDelta,
    longest_pause: TimeDelta,
}

/// Not now, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NotBefore {
    pub(super) until: DateTime<Utc>,
    pub(super) trouble: Trouble,
}

impl Breaker {
    pub(super) fn new(first_pause: TimeDelta, longest_pause: TimeDelta, now: DateTime<Utc>) -> Self {
        Self { state: BreakerState::Closed, since: now, failures: 0, last: None, first_pause, longest_pause }
    }

    /// Asks to try one mail. Who is let in reports back: `succeeded`, `failed` or `abandoned`.
    pub(super) fn admit(&mut self, now: DateTime<Utc>) -> Result<(), NotBefore> {
        if let Some(not_before) = self.blocked(now) {
            return Err(not_before);
        }
        if matches!(self.state, BreakerState::Open { .. }) {
            self.turn(BreakerState::HalfOpen, now);
        }
        Ok(())
    }

    /// The same question without asking to be let in.
    pub(super) fn readiness(&self, now: DateTime<Utc>) -> Readiness {
        match self.state {
            BreakerState::Closed => Readiness::Everything,
            BreakerState::Open { until } if now < until => Readiness::NothingBefore(until),
            BreakerState::Open { .. } => Readiness::OneMail,
            BreakerState::HalfOpen => Readiness::NothingBefore(now + TRYING_OUT),
        }
    }

    /// Why and for how long nobody is let in; `None` is now.
    pub(super) fn blocked(&self, now: DateTime<Utc>) -> Option<NotBefore> {
        match self.readiness(now) {
            Readiness::Everything | Readiness::OneMail => None,
            Readiness::NothingBefore(until) => Some(NotBefore { until, trouble: self.trouble() }),
        }
    }

    /// When it is worth asking again.
    pub(super) fn next_chance(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        self.blocked(now).map_or(now, |not_before| not_before.until)
    }

    /// The relay did its work, whatever it said about the mail.
    pub(super) fn succeeded(&mut self, now: DateTime<Utc>) {
        self.failures = 0;
        if self.state != BreakerState::Closed {
            self.turn(BreakerState::Closed, now);
        }
    }

    /// The relay takes nothing. Those that were under way when it went fail together, and count once.
    pub(super) fn failed(&mut self, now: DateTime<Utc>, trouble: Trouble) {
        self.last = Some((now, trouble));
        if !matches!(self.state, BreakerState::Open { .. }) {
            self.open(now);
        }
    }

    /// A try that says nothing about the relay, or that was given up: the next one may try the relay out.
    pub(super) fn abandoned(&mut self, now: DateTime<Utc>) {
        if self.state == BreakerState::HalfOpen {
            self.turn(BreakerState::Open { until: now }, now);
        }
    }

    /// A try that broke half-way. A relay that is being tried out has not passed; for one that works, it is that mail's own trouble.
    pub(super) fn broke(&mut self, now: DateTime<Utc>, reason: &str) {
        if self.state == BreakerState::HalfOpen {
            self.failed(now, Trouble { cause: Cause::Away, reason: reason.to_owned() });
        }
    }

    pub(super) const fn state(&self) -> (BreakerState, DateTime<Utc>) {
        (self.state, self.since)
    }

    pub(super) const fn last(&self) -> Option<&(DateTime<Utc>, Trouble)> {
        self.last.as_ref()
    }

    fn open(&mut self, now: DateTime<Utc>) {
        // 2^20 half minutes are a year: more than any pause.
        let pause = (self.first_pause * 2_i32.pow(self.failures.min(20))).min(self.longest_pause).max(self.first_pause);
        self.failures += 1;
        self.turn(BreakerState::Open { until: now + pause }, now);
    }

    fn turn(&mut self, state: BreakerState, now: DateTime<Utc>) {
        // Since when it has not taken mail, not since when it was last tried out.
        if state == BreakerState::Closed || self.state == BreakerState::Closed {
            self.since = now;
        }
        self.state = state;
    }

    fn trouble(&self) -> Trouble {
        let unknown = || Trouble { cause: Cause::Away, reason: "being tried out".to_owned() };
        self.last.as_ref().map_or_else(unknown, |(_, trouble)| trouble.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    fn breaker() -> Breaker {
        Breaker::new(TimeDelta::seconds(30), TimeDelta::minutes(15), at(0))
    }

    fn away() -> Trouble {
        Trouble { cause: Cause::Away, reason: "refused".into() }
    }

    fn until(breaker: &mut Breaker, now: DateTime<Utc>) -> DateTime<Utc> {
        breaker.admit(now).unwrap_err().until
    }

    #[test]
    fn pauses_double_up_to_the_longest_and_start_anew_after_a_success() {
        let mut breaker = breaker();
        let mut now = at(0);
        for pause in [30, 60, 120, 240, 480, 900, 900] {
            breaker.admit(now).unwrap();
            breaker.failed(now, away());
            let until = until(&mut breaker, now);
            assert_eq!((until - now).num_seconds(), pause);
            now = until;
        }
        breaker.admit(now).unwrap();
        breaker.succeeded(now);
        breaker.failed(now, away());
        assert_eq!((until(&mut breaker, now) - now).num_seconds(), 30);
    }

    #[test]
    fn those_that_fail_together_count_once() {
        let mut breaker = breaker();
        for _ in 0..64 {
            breaker.admit(at(0)).unwrap();
        }
        for second in 0..64 {
            breaker.failed(at(second / 10), away());
        }
        assert_eq!(until(&mut breaker, at(7)), at(30));
    }

    #[test]
    fn one_mail_tries_the_relay_out_and_the_others_wait_for_it() {
        let mut breaker = breaker();
        breaker.failed(at(0), away());
        breaker.admit(at(30)).unwrap();
        assert_eq!(breaker.admit(at(30)), Err(NotBefore { until: at(35), trouble: away() }));
        breaker.succeeded(at(31));
        assert_eq!((breaker.admit(at(31)), breaker.state()), (Ok(()), (BreakerState::Closed, at(31))));
    }

    #[test]
    fn a_trial_that_is_given_up_leaves_room_for_the_next_and_one_that_breaks_does_not() {
        let mut breaker = breaker();
        breaker.failed(at(0), away());
        breaker.admit(at(30)).unwrap();
        breaker.abandoned(at(31));
        breaker.admit(at(31)).unwrap();
        breaker.broke(at(32), "cut");
        assert_eq!(until(&mut breaker, at(32)), at(92));
        assert_eq!(breaker.state().1, at(0), "it has been away since the first failure");
    }

    #[test]
    fn a_working_relay_is_not_blamed_for_one_mail_that_broke() {
        let mut breaker = breaker();
        breaker.broke(at(0), "cut");
        assert_eq!(breaker.admit(at(0)), Ok(()));
    }
}
