//! While a rejection waits, nothing gives it away.

use chrono::{DateTime, Utc};

use super::Standing;
use crate::application::{Stage, Status};

/// All that an applicant may see of how their application stands: on the status page, in a message, in an answer to their own token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    pub stage: Stage,
    pub status: Status,
    /// When they hear again, as they were told. Never as it was decided: a decision that waits has no next word.
    pub next_word_by: Option<DateTime<Utc>>,
}

impl Standing {
    /// What the applicant may see. It changes when they were told, not when something was decided.
    pub fn seen_by_applicant(&self) -> Seen {
        let next_word_by = match self.shown_status {
            Status::Active => self.promised_by,
            Status::Hired | Status::Rejected | Status::Withdrawn => None,
        };
        Seen { stage: self.shown_stage, status: self.shown_status, next_word_by }
    }

    /// A decision was made that the applicant does not know yet: nothing but the message that tells it may go out, and nothing that they
    /// can see may change.
    pub fn under_embargo(&self) -> bool {
        self.status.is_final() && self.shown_status == Status::Active
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        notification::Kind,
        notification::State,
        policy::Policy,
        promise::{
            Happening, decide,
            examples::{in_review, message, monday, utc},
        },
    };

    #[test]
    fn nothing_that_the_applicant_can_see_changes_while_a_rejection_waits() {
        let policy = Policy::default();
        let mut facts = in_review();
        facts.messages = vec![message(1, Kind::StageChanged, State::Scheduled)];
        let seen = facts.standing.seen_by_applicant();
        let rejection = Happening::Rejected { send_after: Some(utc("2026-12-04T10:00:00+01:00")), words: None, exempt: false };
        let decision = decide(&rejection, &facts, &policy, monday()).unwrap();
        assert_eq!(decision.cancel.len(), 1, "news of a stage would be a lie");
        facts.standing = decision.standing;
        facts.messages = vec![message(2, Kind::Rejected, State::Scheduled)];
        assert!(facts.standing.under_embargo());
        for hour in 0..24 * 14 {
            let now = monday() + chrono::TimeDelta::hours(hour);
            for happening in [Happening::NextWordDue, Happening::DecisionDue, Happening::Moved { to: Stage::Offer, tell: true }] {
                if let Ok(decision) = decide(&happening, &facts, &policy, now) {
                    assert_eq!((decision.owe, decision.standing.seen_by_applicant()), (vec![], seen), "{happening:?} at {now}");
                }
            }
        }
    }

    #[test]
    fn the_date_that_the_applicant_was_told_is_kept_by_the_rejection() {
        let facts = in_review();
        let rejection = Happening::Rejected { send_after: Some(utc("2027-01-15T10:00:00+01:00")), words: None, exempt: false };
        let decision = decide(&rejection, &facts, &Policy::default(), monday()).unwrap();
        assert!(decision.owe[0].due_at <= facts.standing.promised_by.unwrap());
        // The acknowledgement is not out yet, and will tell a date: that one is kept as well.
        let mut facts = in_review();
        facts.standing.promised_by = None;
        facts.messages = vec![crate::promise::Message {
            promised_by: Some(utc("2026-12-07T10:00:00+01:00")),
            ..message(1, Kind::Received, State::Held)
        }];
        let decision = decide(&rejection, &facts, &Policy::default(), monday()).unwrap();
        assert!(decision.owe[0].due_at <= utc("2026-12-07T10:00:00+01:00"));
    }
    #[test]
    fn news_that_a_worker_has_is_not_tried_again_once_it_is_over() {
        use crate::promise::How;
        let rejection = Happening::Rejected { send_after: None, words: None, exempt: false };
        for happening in [rejection, Happening::Hired { words: None }, Happening::Withdrawn { by_applicant: true }] {
            for kind in [Kind::StageChanged, Kind::StillConsidering, Kind::NoDecision] {
                let mut facts = in_review();
                facts.messages = vec![message(1, kind, State::Sending)];
                let cancel = decide(&happening, &facts, &Policy::default(), monday()).unwrap().cancel;
                assert_eq!(cancel.iter().map(|cancel| cancel.how).collect::<Vec<_>>(), [How::Requested], "{kind}");
            }
        }
    }
}
