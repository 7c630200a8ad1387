use chrono::{DateTime, Utc};

use super::{Cancel, CancelReason, Decision, Facts, How, set_aside::not_sent};
use crate::{
    notification::{Kind, State},
    policy::Policy,
};

/// Whoever reported a mail of ours as unwanted is sent no more than a law obliges the organisation to. What is taken back leaves a date
/// (P2), and a named reason where it was to say how it ended (P3).
pub(super) fn complained(facts: &Facts, policy: &Policy, now: DateTime<Utc>) -> Decision {
    let mut decision = facts.unchanged();
    let law_waits = facts.law_due(policy).is_some();
    for message in facts.open().filter(|message| !is_legally_owed(message.kind, law_waits)) {
        let how = match message.state {
            State::Sending => How::Requested,
            State::Waiting | State::Scheduled | State::Held => {
                let Decision { standing, exempt, .. } = not_sent(facts, message, true, policy, now);
                // Only the message that the date hung on moves it.
                if standing.next_word != facts.standing.next_word {
                    decision.standing.next_word = standing.next_word;
                }
                decision.exempt = decision.exempt.or(exempt);
                How::AtOnce
            }
            State::Sent | State::Bounced | State::Undeliverable | State::Cancelled => continue,
        };
        decision.cancel.push(Cancel { id: message.id, how, reason: CancelReason::Complained });
    }
    decision
}

/// Whether a law asks for this message, while it waits for the applicant to be told whether there is a decision. What was told and is not
/// true any more was not told.
const fn is_legally_owed(kind: Kind, law_waits: bool) -> bool {
    match kind {
        Kind::Rejected | Kind::Hired | Kind::NoDecision | Kind::Correction => law_waits,
        Kind::Received | Kind::StageChanged | Kind::StillConsidering | Kind::Withdrawn | Kind::Message => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        application::Status,
        law::Law,
        promise::{
            Happening, NextWord, decide,
            examples::{in_review, message, monday, rejected, utc},
        },
    };

    fn stopped(facts: &Facts, policy: &Policy) -> Decision {
        decide(&Happening::Complained, facts, policy, monday()).unwrap()
    }

    #[test]
    fn nothing_goes_out_but_what_a_law_waits_for() {
        let law = Policy { law: Some(Law::Ontario), ..Policy::default() };
        let interviewed = Some(utc("2026-11-20T10:00:00+01:00"));
        for kind in Kind::ALL {
            let by_law = match kind {
                Kind::Rejected | Kind::Hired | Kind::NoDecision | Kind::Correction => true,
                Kind::Received | Kind::StageChanged | Kind::StillConsidering | Kind::Withdrawn | Kind::Message => false,
            };
            for (policy, last_interview, decision_told_at, goes, reason) in [
                (&Policy::default(), interviewed, None, false, "no law"),
                (&law, None, None, false, "a law that asks for nothing yet"),
                (&law, interviewed, Some(monday()), false, "a law that was kept"),
                (&law, interviewed, None, by_law, "a law that waits"),
            ] {
                let mut facts = in_review();
                (facts.standing.last_interview, facts.standing.decision_told_at) = (last_interview, decision_told_at);
                facts.messages = vec![message(1, *kind, State::Scheduled)];
                assert_eq!(stopped(&facts, policy).cancel.is_empty(), goes, "{kind}: {reason}");
            }
        }
    }

    #[test]
    fn what_a_worker_has_is_asked_back_and_what_waits_for_a_person_is_stopped_too() {
        for (state, how) in [
            (State::Waiting, Some(How::AtOnce)),
            (State::Scheduled, Some(How::AtOnce)),
            (State::Held, Some(How::AtOnce)),
            (State::Sending, Some(How::Requested)),
            (State::Undeliverable, None),
        ] {
            let facts = rejected(state, false);
            let decision = stopped(&facts, &Policy::default());
            assert_eq!(decision.cancel.first().map(|cancel| cancel.how), how, "{state}");
            let exempt = (how == Some(How::AtOnce)).then(|| facts.messages[0].id);
            assert_eq!(decision.exempt, exempt, "{state}: how it ended is not told, for a reason that is on record");
        }
    }

    #[test]
    fn an_application_that_goes_on_still_has_a_date() {
        let mut facts = in_review();
        facts.standing.next_word = Some(NextWord { kind: Kind::Received, by: monday(), at: monday() });
        facts.messages = vec![message(1, Kind::Received, State::Scheduled), message(2, Kind::StageChanged, State::Waiting)];
        let decision = stopped(&facts, &Policy::default());
        assert_eq!((decision.cancel.len(), decision.standing.status), (2, Status::Active));
        assert!(decision.standing.next_word.unwrap().by > monday());
    }
}
