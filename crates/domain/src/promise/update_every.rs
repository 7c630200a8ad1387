use chrono::{DateTime, Utc};

use super::{Alert, AlertReason, AlertTo, Decision, Facts, Owe, no_decision};
use crate::{notification::Kind, policy::Policy};

/// When the time for the next word has come, it is owed; if something else is on its way, that is the word. Either way there is a next
/// date afterwards: silence always has an end.
pub(super) fn next_word_due(facts: &Facts, policy: &Policy, now: DateTime<Utc>) -> Decision {
    let due = facts.standing.next_word.filter(|word| word.at <= now);
    let Some(word) = due.filter(|_| facts.carries_promises(&facts.standing)) else { return facts.unchanged() };
    let following = now + policy.update_every;
    let next = facts.next_word(&facts.standing, following, policy, now);
    let overtaken = next.filter(|next| next.kind == Kind::NoDecision && next.at <= now);
    let mut decision = match (word.kind, overtaken) {
        (Kind::NoDecision, _) => no_decision::no_decision_due(facts, word.by, policy, now),
        // Its date has come as well, or comes before a note would be read: one message says both.
        (_, Some(next)) => no_decision::no_decision_due(facts, next.by, policy, now),
        (_, None) => {
            let mut decision = facts.unchanged();
            if !facts.something_is_open() {
                decision.owe.push(Owe { promised_by: Some(following), ..Owe::soon(Kind::StillConsidering, facts, policy, now) });
            }
            decision.standing.next_word = next;
            decision
        }
    };
    if word.kind == Kind::Received {
        // Nothing of it was accepted: the message has its own retries, and a person looks at it.
        decision.alerts.push(Alert { to: AlertTo::Owner, why: AlertReason::Overdue, due_at: word.by });
    }
    decision
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        notification::State,
        promise::{
            Happening, NextWord, decide,
            examples::{in_review, message, monday, rejected, utc},
        },
    };

    fn due(facts: &Facts, now: &str) -> Decision {
        decide(&Happening::NextWordDue, facts, &Policy::default(), utc(now)).unwrap()
    }

    #[test]
    fn a_holding_note_is_there_by_the_date_that_was_told_and_names_the_next() {
        // Told: by Monday, 7 December, ten o'clock. Four hours earlier is night, so it is owed on Sunday evening.
        let facts = in_review();
        assert_eq!(due(&facts, "2026-12-06T19:58:59+01:00"), facts.unchanged());
        let decision = due(&facts, "2026-12-06T19:59:00+01:00");
        let [owe] = &decision.owe[..] else { panic!("one message") };
        assert_eq!((owe.kind, owe.send_after), (Kind::StillConsidering, utc("2026-12-06T19:59:00+01:00")));
        assert!(owe.due_at <= facts.standing.promised_by.unwrap());
        assert_eq!(owe.promised_by, Some(utc("2026-12-20T19:59:00+01:00")));
        assert_eq!(decision.standing.next_word.map(|word| word.by), owe.promised_by);
    }

    #[test]
    fn what_is_on_its_way_is_the_word_and_a_decision_is_silence_until_it_is_told() {
        let mut facts = in_review();
        facts.messages = vec![message(1, Kind::StageChanged, State::Scheduled)];
        let decision = due(&facts, "2026-12-07T10:00:00+01:00");
        assert_eq!(decision.owe, []);
        assert!(decision.standing.next_word.unwrap().by > utc("2026-12-07T10:00:00+01:00"));
        let rejected = rejected(State::Scheduled, false);
        assert_eq!(due(&rejected, "2027-03-01T10:00:00+01:00"), rejected.unchanged());
    }

    #[test]
    fn an_acknowledgement_that_never_went_out_alerts_the_owner_and_silence_still_has_an_end() {
        let mut facts = in_review();
        facts.standing.next_word = Some(NextWord { kind: Kind::Received, by: monday(), at: monday() });
        facts.messages = vec![message(1, Kind::Received, State::Held)];
        let decision = due(&facts, "2026-11-23T10:15:00+01:00");
        assert_eq!(decision.alerts, [Alert { to: AlertTo::Owner, why: AlertReason::Overdue, due_at: monday() }]);
        assert!(decision.standing.next_word.unwrap().by > utc("2026-11-23T10:15:00+01:00"));
    }
}
