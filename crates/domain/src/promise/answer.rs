//! Whoever writes to us has an answer by a date.

use chrono::{DateTime, Utc};

use super::{Alert, AlertReason, AlertTo, Decision, Facts, Owe};
use crate::{notification::Kind, policy::Policy};

/// What an applicant wrote waits for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unanswered {
    /// When they wrote the last time.
    pub since: DateTime<Utc>,
    /// The promise, made by the first thing that they wrote and that nobody has answered. What they add does not move it.
    pub by: DateTime<Utc>,
}

impl Unanswered {
    /// Whether another person of the organisation has to hear of it: once for what was written since.
    pub fn is_alarming(&self, alarmed_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
        now >= self.by && alarmed_at.is_none_or(|alarmed| alarmed < self.since)
    }
}

/// The applicant wrote. Whatever the application came to, they get an answer: also after a rejection, and to a repeat of an earlier one.
pub(super) fn replied(facts: &Facts, policy: &Policy, now: DateTime<Utc>) -> Decision {
    let mut decision = facts.unchanged();
    let by = facts.standing.unanswered.map_or_else(|| waiting_since(facts, policy, now).by, |waiting| waiting.by);
    decision.standing.unanswered = Some(Unanswered { since: now, by });
    decision.alerts.push(Alert { to: AlertTo::Owner, why: AlertReason::ReplyWaiting, due_at: by });
    decision
}

/// A recruiter writes to the applicant, asked or not, whatever the application came to. What waits for an answer has one once a relay
/// accepted it.
pub(super) fn written_to(facts: &Facts, words: &str, policy: &Policy, now: DateTime<Utc>) -> Decision {
    let mut decision = facts.unchanged();
    decision.owe.push(Owe { words: Some(words.to_owned()), ..Owe::soon(Kind::Message, facts, policy, now) });
    decision
}

/// A person says that what the applicant wrote needs no answer, or was answered by other means.
pub(super) fn marked_as_answered(facts: &Facts) -> Decision {
    let mut decision = facts.unchanged();
    decision.standing.unanswered = None;
    decision
}

/// The promise to whoever wrote then, in the working days of the place where the job is: there are those who answer.
pub(super) fn waiting_since(facts: &Facts, policy: &Policy, since: DateTime<Utc>) -> Unanswered {
    Unanswered { since, by: policy.answer_replies_within.after(since, &policy.calendar, facts.job_zone) }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::{
        notification::State,
        promise::{
            Happening, Message, decide,
            examples::{in_review, message, monday, rejected, utc},
        },
    };

    fn wrote(facts: &mut Facts, now: DateTime<Utc>) -> Decision {
        let decision = decide(&Happening::Replied, facts, &Policy::default(), now).unwrap();
        facts.standing = decision.standing.clone();
        decision
    }

    #[test]
    fn a_reply_is_answered_within_three_working_days_and_the_owner_hears_of_it() {
        let mut facts = in_review();
        let decision = wrote(&mut facts, monday());
        // Three whole working days after Monday: by the end of Thursday in Berlin.
        let by = facts.standing.unanswered.unwrap().by;
        assert_eq!(by, Policy::default().answer_replies_within.after(monday(), &Policy::default().calendar, facts.job_zone));
        assert!(by > utc("2026-11-26T09:59:00+01:00") && by < utc("2026-11-27T00:01:00+01:00"), "{by}");
        assert_eq!(decision.alerts, [Alert { to: AlertTo::Owner, why: AlertReason::ReplyWaiting, due_at: by }]);
        assert_eq!((decision.owe, decision.cancel), (vec![], vec![]));
    }

    #[test]
    fn a_second_reply_is_told_too_and_does_not_put_the_answer_off() {
        let mut facts = in_review();
        wrote(&mut facts, monday());
        let first = facts.standing.unanswered.unwrap();
        let decision = wrote(&mut facts, monday() + TimeDelta::days(1));
        assert_eq!(facts.standing.unanswered, Some(Unanswered { since: monday() + TimeDelta::days(1), by: first.by }));
        assert_eq!(decision.alerts.len(), 1);
    }

    #[test]
    fn who_was_rejected_or_applied_twice_is_answered_as_well() {
        let mut repeat = in_review();
        repeat.carried_by = Some(uuid::Uuid::from_u128(7).into());
        for mut facts in [rejected(State::Sent, true), repeat] {
            wrote(&mut facts, monday());
            assert!(facts.standing.unanswered.is_some());
        }
    }

    #[test]
    fn an_answer_ends_the_promise_once_it_is_accepted_and_what_was_written_meanwhile_still_waits() {
        let policy = Policy::default();
        let mut facts = in_review();
        wrote(&mut facts, monday());
        let happening = Happening::WrittenTo { words: "Yes, by bicycle.".to_owned() };
        let decision = decide(&happening, &facts, &policy, monday() + TimeDelta::hours(1)).unwrap();
        assert_eq!(decision.standing, facts.standing, "nobody has read it yet");
        assert_eq!(
            decision.owe.iter().map(|owe| (owe.kind, owe.words.as_deref())).collect::<Vec<_>>(),
            [(Kind::Message, Some("Yes, by bicycle."))]
        );
        let answers = |until| Message { answers_until: until, ..message(1, Kind::Message, State::Sending) };
        let waits = |until| {
            let accepted = Happening::Accepted { message: answers(until) };
            decide(&accepted, &facts, &policy, monday() + TimeDelta::hours(2)).unwrap().standing.unanswered.is_some()
        };
        assert!(!waits(Some(monday() + TimeDelta::hours(1))));
        assert!(waits(Some(monday() - TimeDelta::hours(1))), "they wrote after the recruiter had looked");
        assert!(waits(None), "nobody knows what it answers");
    }

    #[test]
    fn an_answer_keeps_the_date_that_the_applicant_was_told() {
        let mut facts = in_review();
        let promised = monday() + TimeDelta::days(3);
        facts.standing.promised_by = Some(promised);
        let accepted = Happening::Accepted { message: message(1, Kind::Message, State::Sending) };
        let standing = decide(&accepted, &facts, &Policy::default(), monday()).unwrap().standing;
        assert_eq!((standing.promised_by, standing.next_word.map(|word| word.by)), (Some(promised), Some(promised)));
    }

    #[test]
    fn a_person_may_say_that_no_answer_is_needed() {
        let mut facts = in_review();
        wrote(&mut facts, monday());
        let decision = decide(&Happening::MarkedAsAnswered, &facts, &Policy::default(), monday()).unwrap();
        assert_eq!(decision.standing, in_review().standing);
        assert_eq!(decide(&Happening::MarkedAsAnswered, &in_review(), &Policy::default(), monday()).unwrap(), in_review().unchanged());
    }

    #[test]
    fn an_alarm_is_raised_once_for_what_was_written_since() {
        let waiting = Unanswered { since: monday(), by: monday() + TimeDelta::days(3) };
        let late = waiting.by + TimeDelta::minutes(1);
        assert!(!waiting.is_alarming(None, waiting.by - TimeDelta::seconds(1)));
        assert!(waiting.is_alarming(None, waiting.by));
        assert!(!waiting.is_alarming(Some(waiting.by), late));
        let again = Unanswered { since: late, ..waiting };
        assert!(again.is_alarming(Some(waiting.by), late));
    }
}
