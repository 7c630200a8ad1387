use chrono::{DateTime, Utc};

use super::{Deadline, Decision, Facts, Refusal, Verb, WrongDate};
use crate::policy::Policy;

/// A decision can be put off to a date, for a reason that the record keeps. It moves when the organisation is alerted, and nothing that the
/// applicant was told: holding notes go on, and neither a law's date nor one that the applicant knows moves.
///
/// At most by as much as a decision may take, so that nobody puts it off for ever at once.
pub(super) fn postponed(facts: &Facts, until: DateTime<Utc>, policy: &Policy, now: DateTime<Utc>) -> Result<Decision, Refusal> {
    facts.allow(Verb::Postpone)?;
    let latest = now + policy.decide_within;
    if until <= now {
        return Err(Refusal::Date(WrongDate::NotInTheFuture));
    }
    if until > latest {
        return Err(Refusal::Date(WrongDate::After(latest)));
    }
    let mut decision = facts.unchanged();
    decision.standing.deadline = Some(Deadline::until(now, until));
    decision.rethink_next_word(facts, policy, now);
    Ok(decision)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ids::ApplicationId,
        notification::{Kind, State},
        promise::{
            Happening, NextWord, Verb, decide,
            examples::{in_review, monday, rejected, utc},
        },
    };

    fn postpone(facts: &Facts, until: &str) -> Result<Decision, Refusal> {
        decide(&Happening::Postponed { until: utc(until) }, facts, &Policy::default(), monday())
    }

    #[test]
    fn the_decision_is_due_at_the_new_date_and_alerts_follow_it() {
        let decision = postpone(&in_review(), "2027-01-02T10:00:00+01:00").unwrap();
        let deadline = decision.standing.deadline.unwrap();
        assert_eq!((deadline.from, deadline.by), (monday(), utc("2027-01-02T10:00:00+01:00")));
        assert_eq!(deadline.alert_at(), Some(utc("2026-12-23T10:00:00+01:00")), "three quarters of forty days");
        assert_eq!((decision.owe, decision.cancel, decision.alerts), (vec![], vec![], vec![]));
    }

    #[test]
    fn what_the_applicant_was_told_does_not_move() {
        let facts = in_review();
        let decision = postpone(&facts, "2027-01-02T10:00:00+01:00").unwrap();
        assert_eq!(decision.standing.next_word, facts.standing.next_word);
        assert_eq!(decision.standing.promised_by, facts.standing.promised_by);
    }

    #[test]
    fn a_nearer_date_brings_the_word_nearer() {
        let decision = postpone(&in_review(), "2026-11-27T16:00:00+01:00").unwrap();
        let word = NextWord { kind: Kind::NoDecision, by: utc("2026-11-27T16:00:00+01:00"), at: utc("2026-11-27T12:00:00+01:00") };
        assert_eq!(decision.standing.next_word, Some(word));
    }

    #[test]
    fn dates_and_applications_that_make_no_sense_are_refused() {
        let latest = monday() + Policy::default().decide_within;
        let carried = Facts { carried_by: Some(ApplicationId::from(uuid::Uuid::nil())), ..in_review() };
        for (facts, until, refusal, reason) in [
            (in_review(), "2026-11-23T10:00:00+01:00", Refusal::Date(WrongDate::NotInTheFuture), "now"),
            (in_review(), "2026-11-01T10:00:00+01:00", Refusal::Date(WrongDate::NotInTheFuture), "the past"),
            (in_review(), "2027-01-22T10:00:01+01:00", Refusal::Date(WrongDate::After(latest)), "a second more than a decision may take"),
            (
                rejected(State::Scheduled, false),
                "2026-12-01T10:00:00+01:00",
                Refusal::Status {
                    status: crate::application::Status::Rejected,
                    possible: Verb::possible(crate::application::Status::Rejected),
                },
                "it was decided",
            ),
            (carried, "2026-12-01T10:00:00+01:00", Refusal::CarriedBy(ApplicationId::from(uuid::Uuid::nil())), "the first speaks for it"),
        ] {
            assert_eq!(postpone(&facts, until), Err(refusal), "{reason}");
        }
        assert!(postpone(&in_review(), "2027-01-22T10:00:00+01:00").is_ok());
    }
}
