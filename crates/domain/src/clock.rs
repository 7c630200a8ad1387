//! Time as a parameter.

use chrono::{DateTime, SubsecRound, Utc};

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
