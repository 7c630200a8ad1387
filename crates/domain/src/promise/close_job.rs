use chrono::{DateTime, Utc};

use super::{
    Facts,
    bulk::{Operation, Verdict, verdict as bulk_verdict},
};
use crate::{application::RejectionReason, policy::Policy};

/// What the record says of those who were still waiting when a job closed.
pub const CLOSED_FOR: RejectionReason = RejectionReason::PositionFilled;

/// A job that closes owes everybody who still waits a final message, after the undo window: closing the wrong job can be taken back.
/// Who holds an offer is not rejected by it, unless they are named.
pub(super) fn verdict(facts: &Facts, words: Option<&str>, named: bool, policy: &Policy, now: DateTime<Utc>) -> Verdict {
    let rejection = Operation::Reject { send_after: None, words: words.map(str::to_owned), exempt: false };
    bulk_verdict(&rejection, facts, named, policy, now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        application::{ReasonGroup, Status},
        promise::{
            Owe,
            bulk::Gets,
            examples::{in_review, monday, utc},
        },
    };

    #[test]
    fn whoever_still_waits_is_told_after_the_undo_window_with_the_words_given() {
        let verdict = verdict(&in_review(), Some("The position was filled."), false, &Policy::default(), monday());
        let decision = verdict.decision.unwrap();
        let [Owe { words, send_after, .. }] = &decision.owe[..] else { panic!("one message") };
        assert_eq!(words.as_deref(), Some("The position was filled."));
        assert_eq!(*send_after, utc("2026-11-25T10:00:00+01:00"));
        assert_eq!(decision.standing.status, Status::Rejected);
        assert!(matches!(verdict.gets, Gets::Message { .. }));
    }

    #[test]
    fn the_record_says_that_the_employer_ended_it() {
        assert_eq!(CLOSED_FOR.group(), ReasonGroup::RejectedByEmployer);
    }
}
