use chrono::{DateTime, Utc};

use super::{Decision, Facts, Message, Owe, repair::final_word, unreject::correction};
use crate::{application::Status, notification::Kind, policy::Policy};

/// A message was told. The record says so, and the date that the message named is the date that counts from now on.
pub(super) fn accepted(facts: &Facts, message: &Message, policy: &Policy, now: DateTime<Utc>) -> Decision {
    let mut decision = facts.unchanged();
    let standing = &mut decision.standing;
    standing.told_at = Some(now);
    match message.kind {
        Kind::Received | Kind::StillConsidering => {}
        Kind::NoDecision => standing.decision_told_at = Some(now),
        Kind::StageChanged => standing.shown_stage = message.stage.unwrap_or(standing.shown_stage),
        Kind::Hired => {
            show(standing, Status::Hired);
            standing.decision_told_at = Some(now);
        }
        Kind::Withdrawn => standing.shown_status = Status::Withdrawn,
        // A person told them meanwhile how it ended after all.
        Kind::Correction if standing.told_by_person() && !outcome_is_open(facts) => {}
        Kind::Correction => {
            show(standing, Status::Active);
            // What was told before is not true any more.
            standing.decision_told_at = None;
        }
        Kind::Rejected => {
            show(standing, Status::Rejected);
            standing.decision_told_at = Some(now);
        }
        Kind::Message => {
            // What they wrote after the recruiter had looked still waits.
            standing.unanswered = standing.unanswered.filter(|waiting| message.answers_until.is_none_or(|until| waiting.since > until));
        }
    }
    let told = match message.kind {
        // It answers the application and keeps no earlier date, as one may be known from a duplicate.
        Kind::Received => [message.promised_by, standing.promised_by].into_iter().flatten().min(),
        // It names no date, and the one that they know stays.
        Kind::Message => standing.promised_by.filter(|by| *by > now),
        Kind::StageChanged
        | Kind::StillConsidering
        | Kind::NoDecision
        | Kind::Rejected
        | Kind::Hired
        | Kind::Withdrawn
        | Kind::Correction => message.promised_by,
    };
    if told.is_some() {
        standing.promised_by = told;
    }
    if facts.carries_promises(standing) {
        let latest = now + policy.update_every;
        let update_by = told.map_or(latest, |told| told.min(latest));
        decision.standing.next_word = facts.next_word(&decision.standing, update_by, policy, now);
    }
    // It was taken back while it was being sent, and went out all the same.
    decision.owe.extend(contradiction(facts, message, policy, now));
    decision
}

/// What a rejection that was, or may have been, sent after it was taken back has to be followed by.
pub(super) fn contradiction(facts: &Facts, message: &Message, policy: &Policy, now: DateTime<Utc>) -> Option<Owe> {
    if message.kind != Kind::Rejected {
        return None;
    }
    match facts.standing.status {
        Status::Active => facts.carried_by.is_none().then(|| correction(facts, policy, now)),
        // A person told them that they are hired, and then this came: a mail has to say it after all.
        Status::Hired => facts.standing.told_by_person().then(|| Owe::soon(Kind::Hired, facts, policy, now)),
        // It stands, or they left before it came and a confirmation follows it.
        Status::Rejected | Status::Withdrawn => None,
    }
}

/// Whoever withdrew knows it; nothing that was on its way shows them otherwise.
fn show(standing: &mut super::Standing, told: Status) {
    if standing.shown_status != Status::Withdrawn {
        standing.shown_status = told;
        standing.told_otherwise = None;
    }
}

/// Whether the outcome is still to be told by mail.
fn outcome_is_open(facts: &Facts) -> bool {
    facts.open().any(|message| final_word(facts.standing.status) == Some(message.kind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        law::Law,
        notification::State,
        promise::{
            Happening, decide,
            examples::{in_review, message, monday, utc},
        },
    };

    #[test]
    fn a_law_is_content_with_an_outcome_or_no_decision_yet_and_with_nothing_less() {
        let policy = Policy { law: Some(Law::Ontario), ..Policy::default() };
        let mut facts = in_review();
        facts.standing.last_interview = Some(utc("2026-11-20T10:00:00+01:00"));
        let due = Some(utc("2027-01-04T23:59:59+01:00"));
        assert_eq!(facts.law_due(&policy), due);
        for (kind, left) in [
            (Kind::Received, due),
            (Kind::StageChanged, due),
            (Kind::StillConsidering, due),
            (Kind::NoDecision, None),
            (Kind::Rejected, None),
            (Kind::Hired, None),
        ] {
            let happening = Happening::Accepted { message: message(1, kind, State::Sent) };
            let standing = decide(&happening, &facts, &policy, monday()).unwrap().standing;
            assert_eq!(Facts { standing, ..facts.clone() }.law_due(&policy), left, "{kind}");
        }
        facts.standing.decision_told_at = Some(monday());
        let correction = Happening::Accepted { message: message(1, Kind::Correction, State::Sent) };
        let standing = decide(&correction, &facts, &policy, monday()).unwrap().standing;
        assert_eq!(Facts { standing, ..facts.clone() }.law_due(&policy), due, "what was told is not true any more");
    }
    /// A correction of what a person told by phone is accepted after the next outcome was decided.
    #[test]
    fn a_correction_in_flight_counts_unless_a_person_told_the_new_outcome_meanwhile() {
        let phoned = |status| {
            let mut facts = in_review();
            facts.standing.status = status;
            facts.standing.shown_status = status;
            facts.standing.told_otherwise = Some(crate::promise::Channel::Phone);
            facts
        };
        let told = phoned(Status::Hired);
        let mut owed = phoned(Status::Rejected);
        owed.messages = vec![message(1, Kind::Correction, State::Sending), message(2, Kind::Rejected, State::Waiting)];
        for (facts, shown, by_person, reason) in [
            (told, Status::Hired, true, "they know that they are hired"),
            (owed, Status::Active, false, "the phone call was about an earlier rejection, and the new one is still to be told"),
        ] {
            let happening = Happening::Accepted { message: message(1, Kind::Correction, State::Sending) };
            let standing = decide(&happening, &facts, &Policy::default(), monday()).unwrap().standing;
            assert_eq!((standing.shown_status, standing.told_by_person()), (shown, by_person), "{reason}");
        }
    }
    #[test]
    fn a_rejection_in_flight_that_reaches_whoever_was_told_of_a_hire_is_followed_by_the_hire() {
        let mut facts = in_review();
        facts.standing.status = Status::Hired;
        facts.standing.shown_status = Status::Hired;
        facts.standing.told_otherwise = Some(crate::promise::Channel::Phone);
        let message = message(1, Kind::Rejected, State::Sending);
        facts.messages = vec![message.clone()];
        for happening in [Happening::Accepted { message: message.clone() }, Happening::TakenBackInDoubt { message }] {
            let owe = decide(&happening, &facts, &Policy::default(), monday()).unwrap().owe;
            assert_eq!(owe.iter().map(|owe| owe.kind).collect::<Vec<_>>(), [Kind::Hired], "{happening:?}");
        }
    }
}
