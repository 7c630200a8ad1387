use chrono::{DateTime, TimeDelta, Utc};

use crate::{closed_set::closed_set, notification::State};

/// How long after a message was first to go it may be on its way before a person hears of it.
pub const TELL_AFTER: TimeDelta = TimeDelta::hours(4);

closed_set! {
    /// Why a person is told of a message to an applicant.
    Cause, "cause of a staff mail" {
        /// No relay has accepted it, hours after it was first to go.
        Late = "late",
        /// It is set aside until a person looks at it.
        Held = "held",
        /// The address refuses mail for good.
        Undeliverable = "undeliverable",
        /// It was sent, and came back.
        Bounced = "bounced",
        /// The applicant reported it as unwanted mail.
        Complained = "complained",
    }
}

impl Cause {
    /// What a message in this state is a cause of, whatever the time.
    pub const fn of(state: State) -> Option<Self> {
        match state {
            State::Held => Some(Self::Held),
            State::Undeliverable => Some(Self::Undeliverable),
            State::Bounced => Some(Self::Bounced),
            State::Waiting | State::Scheduled | State::Sending | State::Sent | State::Cancelled => None,
        }
    }
}

/// Whether a message that is still to be accepted has been for too long.
pub fn is_late(send_after: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now >= send_after + TELL_AFTER
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_told_after_four_hours_and_not_before() {
        let send_after = DateTime::UNIX_EPOCH;
        assert!(!is_late(send_after, send_after + TimeDelta::minutes(239)));
        assert!(is_late(send_after, send_after + TimeDelta::hours(4)));
    }

    #[test]
    fn what_needs_a_person_is_a_cause_and_what_goes_by_itself_is_none() {
        let causes: Vec<State> = State::ALL.iter().copied().filter(|state| Cause::of(*state).is_some()).collect();
        assert_eq!(causes, [State::Bounced, State::Undeliverable, State::Held]);
    }
}
