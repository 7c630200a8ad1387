//! What the organisation promises, in time.

mod length;
mod overrides;
mod validate;

use chrono::TimeDelta;

pub use length::InvalidDelay;
pub use overrides::{Kept, OrNone, Overrides};
pub use validate::{PolicyProblem, Wrong};

use crate::{
    calendar::{Calendar, Delay, QuietHours},
    closed_set::closed_set,
    law::Law,
};

/// The promises' lengths. The organisation has one set; boards and jobs may [override](Overrides) parts of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// From the application to its acknowledgement being accepted by a relay.
    pub acknowledge_within: TimeDelta,
    /// The longest an applicant waits between two words.
    pub update_every: TimeDelta,
    /// The undo window of a rejection.
    pub reject_after_delay: Delay,
    /// From the moment a message may go out to the moment it must be accepted.
    pub deliver_within: TimeDelta,
    /// From the application to the decision.
    pub decide_within: TimeDelta,
    /// What happens when no decision was made by then.
    pub undecided: Undecided,
    /// From an applicant's answer to the organisation's.
    pub answer_replies_within: Delay,
    /// In the applicant's time zone. Acknowledgements do not wait for them.
    pub quiet_hours: Option<QuietHours>,
    /// A bulk operation that would write to more people than this has to be confirmed.
    pub bulk_cap: u32,
    pub calendar: Calendar,
    /// A law about telling applicants, where one applies.
    pub law: Option<Law>,
    /// For how long an application is kept after it ended and nothing happened to it any more. Then the applicant's data is erased, unless the
    /// law wants it kept longer. Without one nothing is erased that nobody asked for.
    pub retention: Option<TimeDelta>,
}

closed_set! {
    /// What happens to an application that nobody decided in time.
    Undecided, "undecided rule" {
        /// The applicant is told that there is no decision yet, and the application stays active.
        Tell = "tell",
        /// It is rejected, for those who would rather close than keep people waiting.
        Reject = "reject",
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            acknowledge_within: TimeDelta::minutes(15),
            update_every: TimeDelta::days(14),
            reject_after_delay: Delay::WorkingDays(2),
            deliver_within: TimeDelta::hours(4),
            decide_within: TimeDelta::days(60),
            undecided: Undecided::Tell,
            answer_replies_within: Delay::WorkingDays(3),
            quiet_hours: Some(QuietHours::NIGHT),
            bulk_cap: 50,
            calendar: Calendar::default(),
            law: None,
            retention: None,
        }
    }
}
