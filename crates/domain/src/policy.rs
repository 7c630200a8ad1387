//! What the organisation promises, in time.

use chrono::TimeDelta;

/// The promises' lengths. One set for the organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// From the application to its acknowledgement being accepted by a relay.
    pub acknowledge_within: TimeDelta,
    /// The longest an applicant waits between two words.
    pub update_every: TimeDelta,
    /// The undo window of a rejection.
    pub reject_after_delay: TimeDelta,
    /// From the moment a message may go out to the moment it must be accepted.
    pub deliver_within: TimeDelta,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            acknowledge_within: TimeDelta::minutes(15),
            update_every: TimeDelta::days(14),
            reject_after_delay: TimeDelta::hours(48),
            deliver_within: TimeDelta::hours(4),
        }
    }
}
