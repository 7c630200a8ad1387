use chrono::{DateTime, Utc};

use super::{Alert, AlertReason, AlertTo, Decision, Facts, Message, NextWord};
use crate::{
    notification::{Kind, State},
    policy::Policy,
};

/// A message did not reach the applicant: the address refused it, it came back, or it was set aside. A person is asked to act, and an
/// active application has a next date whatever they do.
pub(super) fn not_told(facts: &Facts, message: &Message, policy: &Policy, now: DateTime<Utc>) -> Decision {
    let mut decision = facts.unchanged();
    let why = match message.state {
        State::Undeliverable | State::Bounced => AlertReason::Undeliverable,
        State::Held => AlertReason::Held,
        State::Waiting | State::Scheduled | State::Sending | State::Sent | State::Cancelled => return decision,
    };
    decision.alerts.push(Alert { to: AlertTo::Owner, why, due_at: message.due_at });
    let was_the_word = facts.standing.next_word.is_none_or(|word| word.kind == Kind::Received || word.at <= now);
    if facts.carries_promises(&facts.standing) && was_the_word {
        let following = now + policy.update_every;
        let next = facts.next_word(&decision.standing, following, policy, now);
        // Where that is now, as a law's date may be: a message that does not arrive is not made better by one more.
        let later = || NextWord::by(Kind::StillConsidering, following, facts, policy, now);
        decision.standing.next_word = next.map(|word| if word.at > now { word } else { later() });
    }
    decision
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promise::{
        Happening, decide,
        examples::{in_review, message, monday, rejected},
    };

    #[test]
    fn a_person_is_asked_to_act_for_every_message_that_did_not_arrive() {
        for (state, why) in [
            (State::Undeliverable, Some(AlertReason::Undeliverable)),
            (State::Bounced, Some(AlertReason::Undeliverable)),
            (State::Held, Some(AlertReason::Held)),
            (State::Sent, None),
            (State::Cancelled, None),
        ] {
            let facts = rejected(state, false);
            let message = message(1, Kind::Rejected, state);
            let decision = decide(&Happening::NotTold { message }, &facts, &Policy::default(), monday()).unwrap();
            assert_eq!(decision.alerts.first().map(|alert| alert.why), why, "{state}");
            assert_eq!(decision.standing, facts.standing, "{state}");
        }
    }

    #[test]
    fn an_acknowledgement_that_did_not_arrive_is_not_the_next_word_any_more() {
        let mut facts = in_review();
        facts.standing.next_word = Some(NextWord { kind: Kind::Received, by: monday(), at: monday() });
        let happening = Happening::NotTold { message: message(1, Kind::Received, State::Undeliverable) };
        let decision = decide(&happening, &facts, &Policy::default(), monday()).unwrap();
        let word = decision.standing.next_word.unwrap();
        assert_eq!((word.kind, word.by), (Kind::StillConsidering, monday() + Policy::default().update_every));
    }
}
