use chrono::{DateTime, Utc};

use super::{Cancel, CancelReason, Decision, Facts, How, Refusal, WrongDate, repair::final_word};
use crate::{
    application::Status,
    closed_set::closed_set,
    notification::{Kind, State},
    policy::Policy,
};

closed_set! {
    /// How a person told an applicant something, other than through Hearback.
    Channel, "channel" {
        Phone = "phone",
        InPerson = "in_person",
        VideoCall = "video_call",
        Letter = "letter",
        /// A mail of their own.
        OtherMail = "other_mail",
    }
}

closed_set! {
    /// What they told.
    Said, "thing said" {
        /// How the application ended.
        Outcome = "outcome",
        /// That there is no decision yet.
        NoDecision = "no_decision",
        /// Anything else that keeps the applicant in the picture.
        Update = "update",
    }
}

/// A person told the applicant. That keeps the promise, and the record names who it was and how; what would say it again is taken back.
pub(super) fn told_otherwise(
    facts: &Facts,
    channel: Channel,
    said: Said,
    at: DateTime<Utc>,
    policy: &Policy,
    now: DateTime<Utc>,
) -> Result<Decision, Refusal> {
    let status = facts.standing.status;
    let ended = status.is_final();
    if ended != (said == Said::Outcome) {
        return Err(Refusal::Said { said, status });
    }
    if let Some(first) = facts.carried_by {
        return Err(Refusal::CarriedBy(first));
    }
    if at > now {
        return Err(Refusal::Date(WrongDate::InTheFuture));
    }
    let mut decision = facts.unchanged();
    let standing = &mut decision.standing;
    standing.told_at = standing.told_at.max(Some(at));
    match said {
        Said::Outcome => {
            standing.told_otherwise = Some(channel);
            standing.shown_status = status;
            standing.decision_told_at = standing.decision_told_at.max(Some(at));
            decision.cancel.extend(facts.open().filter(|message| says_outcome(message.kind, status)).map(|message| {
                let how = if message.state == State::Sending { How::Requested } else { How::AtOnce };
                Cancel { id: message.id, how, reason: CancelReason::ToldOtherwise }
            }));
        }
        Said::NoDecision => {
            standing.decision_told_at = standing.decision_told_at.max(Some(at));
            decision.heard(facts, at, &[Kind::StillConsidering, Kind::NoDecision], policy, now);
        }
        Said::Update => decision.heard(facts, at, &[Kind::StillConsidering], policy, now),
    }
    Ok(decision)
}

/// Once they know how it ended, not even an acknowledgement that is late has anything to add.
fn says_outcome(kind: Kind, status: Status) -> bool {
    match kind {
        Kind::Received | Kind::StageChanged | Kind::StillConsidering | Kind::NoDecision => true,
        Kind::Rejected | Kind::Hired | Kind::Withdrawn => final_word(status) == Some(kind),
        Kind::Correction | Kind::Message => false,
    }
}

impl Decision {
    /// The applicant had a word at that moment, and waits for the next one from then on.
    fn heard(&mut self, facts: &Facts, at: DateTime<Utc>, said: &[Kind], policy: &Policy, now: DateTime<Utc>) {
        self.take_back(facts, said, CancelReason::ToldOtherwise);
        self.standing.promised_by = None;
        let left = facts.messages.iter().filter(|message| !said.contains(&message.kind) || message.state == State::Sending);
        let facts = &Facts { standing: self.standing.clone(), messages: left.cloned().collect(), ..facts.clone() };
        // Told long ago, the next word may be due by now.
        let update_by = (at + policy.update_every).max(now);
        let acknowledging = facts.open().any(|message| message.kind == Kind::Received);
        if !acknowledging || facts.standing.next_word.is_none_or(|word| word.kind != Kind::Received) {
            self.standing.next_word = facts.next_word(&self.standing, update_by, policy, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promise::{
        Happening, Standing, decide,
        examples::{in_review, message, monday, rejected, utc},
    };

    fn told(facts: &Facts, said: Said, at: &str) -> Result<Decision, Refusal> {
        let happening = Happening::ToldOtherwise { channel: Channel::Phone, said, at: utc(at) };
        decide(&happening, facts, &Policy::default(), utc("2026-11-24T10:00:00+01:00"))
    }

    #[test]
    fn an_outcome_that_was_told_by_phone_is_told_and_no_mail_says_it_again() {
        for (state, how) in [
            (State::Waiting, Some(How::AtOnce)),
            (State::Scheduled, Some(How::AtOnce)),
            (State::Held, Some(How::AtOnce)),
            (State::Sending, Some(How::Requested)),
            (State::Undeliverable, None),
        ] {
            let decision = told(&rejected(state, false), Said::Outcome, "2026-11-24T09:00:00+01:00").unwrap();
            let Standing { shown_status, told_at, told_otherwise, decision_told_at, .. } = decision.standing;
            assert_eq!((shown_status, told_otherwise), (Status::Rejected, Some(Channel::Phone)), "{state}");
            assert_eq!((told_at, decision_told_at), (Some(utc("2026-11-24T09:00:00+01:00")), told_at), "{state}");
            assert_eq!(
                decision.cancel.first().map(|cancel| (cancel.how, cancel.reason)),
                how.map(|how| (how, CancelReason::ToldOtherwise))
            );
        }
    }

    #[test]
    fn an_update_is_the_next_word_and_the_one_after_it_has_a_date() {
        let mut facts = in_review();
        facts.messages = vec![message(1, Kind::StillConsidering, State::Scheduled), message(2, Kind::NoDecision, State::Waiting)];
        let at = utc("2026-11-24T09:00:00+01:00");
        let update = told(&facts, Said::Update, "2026-11-24T09:00:00+01:00").unwrap();
        assert_eq!(update.cancel.iter().map(|cancel| cancel.id).collect::<Vec<_>>(), [facts.messages[0].id]);
        assert_eq!(update.standing.next_word.map(|word| word.by), Some(at + Policy::default().update_every));
        assert_eq!((update.standing.told_at, update.standing.decision_told_at), (Some(at), None));
        let no_decision = told(&facts, Said::NoDecision, "2026-11-24T09:00:00+01:00").unwrap();
        assert_eq!(no_decision.cancel.len(), 2);
        assert_eq!(no_decision.standing.decision_told_at, Some(at));
    }

    #[test]
    fn nobody_was_told_what_was_not_so() {
        for (facts, said, at, reason) in [
            (in_review(), Said::Outcome, "2026-11-24T09:00:00+01:00", "there is no outcome"),
            (rejected(State::Scheduled, false), Said::NoDecision, "2026-11-24T09:00:00+01:00", "there is a decision"),
            (rejected(State::Scheduled, false), Said::Update, "2026-11-24T09:00:00+01:00", "an update would hide it"),
            (in_review(), Said::Update, "2026-11-24T10:00:01+01:00", "tomorrow's phone call"),
        ] {
            assert!(told(&facts, said, at).is_err(), "{reason}");
        }
    }

    #[test]
    fn who_was_told_by_phone_and_unrejected_is_owed_a_correction() {
        let mut facts = rejected(State::Scheduled, false);
        facts.standing = told(&facts, Said::Outcome, "2026-11-24T09:00:00+01:00").unwrap().standing;
        facts.messages.clear();
        let unrejected = decide(&Happening::Unrejected, &facts, &Policy::default(), monday()).unwrap();
        assert_eq!(unrejected.owe.iter().map(|owe| owe.kind).collect::<Vec<_>>(), [Kind::Correction]);
    }
}
