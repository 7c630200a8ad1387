use chrono::{DateTime, Utc};

use super::{Decision, Facts, Refusal, WrongDate};
use crate::{application::Status, notification::Kind, policy::Policy};

/// An interview took place. A law may count from the last one, so a later one moves its date, and one that is recorded late moves nothing
/// back. Who was rejected meanwhile hears of it in time all the same.
pub(super) fn interviewed(facts: &Facts, at: DateTime<Utc>, policy: &Policy, now: DateTime<Utc>) -> Result<Decision, Refusal> {
    if let Some(first) = facts.carried_by {
        return Err(Refusal::CarriedBy(first));
    }
    // An appointment can be called off; then a law's date that counts from it would be too late.
    if at > now {
        return Err(Refusal::Date(WrongDate::InTheFuture));
    }
    let mut decision = facts.unchanged();
    decision.standing.last_interview = facts.standing.last_interview.max(Some(at));
    let facts = &Facts { standing: decision.standing.clone(), ..facts.clone() };
    match facts.standing.status {
        Status::Active => decision.rethink_next_word(facts, policy, now),
        Status::Rejected | Status::Hired => decision.keep_hard_due(facts, &[Kind::Rejected, Kind::Hired], policy, now),
        Status::Withdrawn => {}
    }
    Ok(decision)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        law::Law,
        notification::State,
        promise::{
            Happening, decide,
            examples::{in_review, monday, rejected, utc},
        },
    };

    fn policy() -> Policy {
        Policy { law: Some(Law::Ontario), ..Policy::default() }
    }

    fn interviewed_at(facts: &Facts, at: &str, now: &str) -> Result<Decision, Refusal> {
        decide(&Happening::Interviewed { at: utc(at) }, facts, &policy(), utc(now))
    }

    #[test]
    fn the_last_interview_counts_whatever_order_they_are_recorded_in() {
        let mut facts = in_review();
        for (at, last) in [
            ("2026-11-20T10:00:00+01:00", "2026-11-20T10:00:00+01:00"),
            ("2026-11-24T10:00:00+01:00", "2026-11-24T10:00:00+01:00"),
            ("2026-11-18T10:00:00+01:00", "2026-11-24T10:00:00+01:00"),
        ] {
            let decision = interviewed_at(&facts, at, "2026-11-25T10:00:00+01:00").unwrap();
            assert_eq!(decision.standing.last_interview, Some(utc(last)), "{at}");
            facts.standing = decision.standing;
        }
    }

    #[test]
    fn the_laws_date_is_the_next_word_where_it_comes_before_the_next_but_one_note() {
        let mut facts = in_review();
        // Told until 1 February that they hear on 15 January; the law says 10 January.
        facts.standing.deadline = None;
        facts.standing.told_at = Some(utc("2027-01-01T10:00:00+01:00"));
        facts.standing.promised_by = Some(utc("2027-01-15T10:00:00+01:00"));
        let decision = interviewed_at(&facts, "2026-11-26T10:00:00+01:00", "2027-01-02T10:00:00+01:00").unwrap();
        let word = decision.standing.next_word.unwrap();
        assert_eq!((word.kind, word.by, word.at), (Kind::NoDecision, utc("2027-01-10T23:59:59+01:00"), utc("2027-01-10T19:59:59+01:00")));
        // A second interview on 4 December moves the law's date to the 18th, and the note of the 15th says it.
        facts.standing = decision.standing;
        let decision = interviewed_at(&facts, "2026-12-04T10:00:00+01:00", "2027-01-02T10:00:00+01:00").unwrap();
        let word = decision.standing.next_word.unwrap();
        assert_eq!((word.kind, word.by), (Kind::NoDecision, utc("2027-01-15T10:00:00+01:00")));
        // Without the law, it is a holding note.
        let happening = Happening::Interviewed { at: utc("2026-12-04T10:00:00+01:00") };
        let decision = decide(&happening, &facts, &Policy::default(), utc("2027-01-02T10:00:00+01:00")).unwrap();
        assert_eq!(decision.standing.next_word.map(|word| word.kind), Some(Kind::StillConsidering));
    }

    #[test]
    fn a_rejection_that_would_come_after_the_laws_date_goes_out_in_time() {
        let mut facts = rejected(State::Scheduled, false);
        facts.standing.promised_by = None;
        facts.messages[0].send_after = utc("2027-02-01T10:00:00+01:00");
        facts.messages[0].due_at = utc("2027-02-01T14:00:00+01:00");
        let decision = interviewed_at(&facts, "2026-11-26T10:00:00+01:00", "2026-11-27T10:00:00+01:00").unwrap();
        let [moved] = decision.reschedule[..] else { panic!("one message moves") };
        assert_eq!((moved.send_after, moved.due_at), (utc("2027-01-10T19:59:59+01:00"), utc("2027-01-10T23:59:59+01:00")));
    }

    #[test]
    fn an_appointment_is_no_interview_yet() {
        let refused = interviewed_at(&in_review(), "2026-11-23T10:00:01+01:00", "2026-11-23T10:00:00+01:00");
        assert_eq!(refused, Err(Refusal::Date(WrongDate::InTheFuture)));
        assert_eq!(monday(), utc("2026-11-23T10:00:00+01:00"));
    }
}
