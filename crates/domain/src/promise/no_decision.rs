use chrono::{DateTime, Utc};

use super::{CancelReason, Deadline, Decision, Facts, NextWord, Owe, Standing, decide_within, reject};
use crate::{
    application::Stage,
    notification::Kind,
    policy::{Policy, Undecided},
};

/// The time for a decision is over, or the law wants to hear that there is none. The applicant is told so, automatically; the
/// application stays active, and a new time for a decision begins.
pub(super) fn no_decision_due(facts: &Facts, by: DateTime<Utc>, policy: &Policy, now: DateTime<Utc>) -> Decision {
    // A law may ask for the word before the time for a decision is over.
    let undecided = facts.standing.deadline.is_some_and(|deadline| deadline.by <= by.max(now));
    if undecided
        && closes_undecided(&facts.standing, policy)
        && let Ok(rejected) = reject::rejected(facts, None, None, false, policy, now)
    {
        return rejected;
    }
    let mut decision = facts.unchanged();
    let following = now + policy.update_every;
    if undecided {
        // Whoever should have heard before the applicant, while nothing ran, hears now.
        decision.alerts = decide_within::decision_due(facts, now).alerts;
        decision.standing.deadline = Some(Deadline::new(policy, now));
    }
    if !facts.open().any(|message| message.kind == Kind::NoDecision) {
        decision.take_back(facts, &[Kind::StillConsidering], CancelReason::Superseded);
        decision.owe.push(Owe { promised_by: Some(following), ..Owe::soon(Kind::NoDecision, facts, policy, now) });
    }
    // It is on its way now, so the law has no date to add.
    let next = decision.standing.deadline.map_or(following, |deadline| deadline.by.min(following));
    let kind = if next == following { Kind::StillConsidering } else { Kind::NoDecision };
    decision.standing.next_word = Some(NextWord::by(kind, next, facts, policy, now));
    decision
}

/// Nobody who holds an offer is rejected by a clock.
fn closes_undecided(standing: &Standing, policy: &Policy) -> bool {
    match policy.undecided {
        Undecided::Tell => false,
        Undecided::Reject => standing.stage != Stage::Offer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        application::Status,
        notification::State,
        promise::{
            Happening, decide,
            examples::{in_review, message, monday, utc},
        },
    };

    /// An application whose time for a decision is over on Friday, 22 January 2027, at ten.
    fn undecided() -> Facts {
        let mut facts = in_review();
        let by = facts.standing.deadline.unwrap().by;
        facts.standing.told_at = Some(utc("2027-01-18T10:00:00+01:00"));
        facts.standing.promised_by = Some(utc("2027-02-01T10:00:00+01:00"));
        facts.standing.next_word = Some(NextWord::by(Kind::NoDecision, by, &facts, &Policy::default(), monday()));
        facts
    }

    fn due(facts: &Facts, policy: &Policy) -> Decision {
        decide(&Happening::NextWordDue, facts, policy, facts.standing.next_word.unwrap().at).unwrap()
    }

    #[test]
    fn the_applicant_is_told_in_time_and_waits_on() {
        let facts = undecided();
        let at = facts.standing.next_word.unwrap().at;
        assert_eq!(at, utc("2027-01-21T19:59:00+01:00"), "four hours before ten in the morning is night, so the evening before");
        let decision = due(&facts, &Policy::default());
        let [owe] = &decision.owe[..] else { panic!("one message") };
        assert_eq!((owe.kind, owe.send_after, owe.promised_by), (Kind::NoDecision, at, Some(at + Policy::default().update_every)));
        assert_eq!(decision.standing.status, Status::Active);
        assert_eq!(decision.standing.deadline, Some(Deadline::new(&Policy::default(), at)), "a new time for a decision begins");
        let next = decision.standing.next_word.unwrap();
        assert_eq!((next.kind, next.by), (Kind::StillConsidering, at + Policy::default().update_every), "holding notes go on");
    }

    #[test]
    fn it_takes_the_place_of_a_holding_note_and_is_never_said_twice() {
        let policy = Policy::default();
        let mut facts = undecided();
        facts.messages = vec![message(1, Kind::StillConsidering, State::Scheduled)];
        let decision = due(&facts, &policy);
        assert_eq!((decision.owe.len(), decision.cancel.len()), (1, 1));
        facts.messages = vec![message(1, Kind::NoDecision, State::Scheduled)];
        let decision = due(&facts, &policy);
        assert_eq!((decision.owe, decision.cancel), (vec![], vec![]));
    }

    #[test]
    fn rejecting_instead_is_opt_in_and_spares_who_holds_an_offer() {
        for (undecided_rule, stage, status, owes) in [
            (Undecided::Tell, Stage::Review, Status::Active, Kind::NoDecision),
            (Undecided::Reject, Stage::Review, Status::Rejected, Kind::Rejected),
            (Undecided::Reject, Stage::Offer, Status::Active, Kind::NoDecision),
        ] {
            let mut facts = undecided();
            facts.standing.stage = stage;
            let decision = due(&facts, &Policy { undecided: undecided_rule, ..Policy::default() });
            assert_eq!((decision.standing.status, decision.owe[0].kind), (status, owes), "{undecided_rule} {stage}");
        }
    }

    #[test]
    fn a_word_that_only_the_law_asks_for_leaves_the_time_for_a_decision_alone() {
        let mut facts = undecided();
        let policy = Policy { law: Some(crate::law::Law::Ontario), undecided: Undecided::Reject, ..Policy::default() };
        let by = utc("2027-01-10T23:59:59+01:00");
        facts.standing.last_interview = Some(utc("2026-11-26T10:00:00+01:00"));
        facts.standing.next_word = Some(NextWord::by(Kind::NoDecision, by, &facts, &policy, monday()));
        let decision = due(&facts, &policy);
        assert_eq!((decision.standing.status, decision.owe[0].kind), (Status::Active, Kind::NoDecision));
        assert_eq!(decision.standing.deadline, facts.standing.deadline);
    }
}
