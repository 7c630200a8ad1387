use chrono::{DateTime, TimeDelta, Utc};

use super::Person;
use crate::{
    closed_set::closed_set,
    notification::State,
    promise::{Alert, AlertReason, AlertTo},
};

/// How long after a message was first to go it may be on its way before a person hears of it.
pub const TELL_AFTER: TimeDelta = TimeDelta::hours(4);

closed_set! {
    /// Why a person is told of a message to an applicant, or of an application.
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
        /// Three quarters of the time for a decision are over, and there is none.
        Undecided = "undecided",
        /// Nine tenths are: whoever is above the owner hears of it.
        StillUndecided = "still_undecided",
    }
}

impl Cause {
    /// What a decision's alert puts on record. The others are about messages, and are [derived](Self::of) from those: so whatever made one
    /// late, or held it, need not remember to say so, and a record that is lost is found again. A reply is told from the conversation.
    pub const fn of_alert(alert: &Alert) -> Option<Self> {
        match (alert.why, alert.to) {
            (AlertReason::DecisionDue, AlertTo::Owner) => Some(Self::Undecided),
            (AlertReason::DecisionDue, AlertTo::Manager) => Some(Self::StillUndecided),
            (
                AlertReason::Undeliverable | AlertReason::Held | AlertReason::ReplyWaiting | AlertReason::Overdue,
                AlertTo::Owner | AlertTo::Manager,
            ) => None,
        }
    }

    /// Who is asked first to act.
    pub const fn asks_first(self) -> Person {
        match self {
            Self::StillUndecided => Person::Manager,
            Self::Late | Self::Held | Self::Undeliverable | Self::Bounced | Self::Complained | Self::Undecided => Person::Owner,
        }
    }

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
    fn decisions_put_their_alerts_on_record_and_messages_speak_for_themselves() {
        let alert = |why, to| Cause::of_alert(&Alert { to, why, due_at: DateTime::UNIX_EPOCH });
        assert_eq!(alert(AlertReason::DecisionDue, AlertTo::Owner), Some(Cause::Undecided));
        assert_eq!(alert(AlertReason::DecisionDue, AlertTo::Manager), Some(Cause::StillUndecided));
        for why in [AlertReason::Undeliverable, AlertReason::Held, AlertReason::ReplyWaiting, AlertReason::Overdue] {
            assert_eq!(alert(why, AlertTo::Owner), None, "{why}");
        }
    }

    #[test]
    fn what_needs_a_person_is_a_cause_and_what_goes_by_itself_is_none() {
        let causes: Vec<State> = State::ALL.iter().copied().filter(|state| Cause::of(*state).is_some()).collect();
        assert_eq!(causes, [State::Bounced, State::Undeliverable, State::Held]);
    }
}
