//! Whom not to solicit: a marketing tool asks before it says "Connect with us".

use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::{EmailAddress, application::Status, closed_set::closed_set};

closed_set! {
    /// Why somebody is not to be solicited.
    ContactReason, "reason not to contact" {
        /// An application of theirs is active, or its outcome is still to be told.
        OwedAnAnswer = "owed_an_answer",
        /// An application of theirs ended, and they were never told how.
        NeverAnswered = "never_answered",
        /// They were told "no" within [`RECENTLY`].
        RejectedRecently = "rejected_recently",
        /// They asked for it.
        AskedNotTo = "asked_not_to",
        /// They reported a message as unwanted.
        Complained = "complained",
    }
}

/// How long a rejection hurts.
pub const RECENTLY: TimeDelta = TimeDelta::days(90);

/// What the record says about one application of somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApplicationOf {
    pub status: Status,
    pub shown_status: Status,
    pub decision_told_at: Option<DateTime<Utc>>,
    /// Whether a message to them is still on its way.
    pub is_owed: bool,
}

/// Every reason there is, in the order of [`ContactReason::ALL`]; none means that they may be contacted.
pub fn reasons(applications: &[ApplicationOf], asked: &[ContactReason], now: DateTime<Utc>) -> Vec<ContactReason> {
    let holds = |reason: &ContactReason| match reason {
        ContactReason::OwedAnAnswer => applications.iter().any(|one| one.status == Status::Active || one.is_owed),
        ContactReason::NeverAnswered => applications.iter().any(ApplicationOf::never_answered),
        ContactReason::RejectedRecently => applications.iter().any(|one| one.rejected_recently(now)),
        ContactReason::AskedNotTo | ContactReason::Complained => asked.contains(reason),
    };
    ContactReason::ALL.iter().copied().filter(holds).collect()
}

impl ApplicationOf {
    /// Whoever withdrew knows how it ended.
    fn never_answered(&self) -> bool {
        matches!(self.status, Status::Rejected | Status::Hired) && self.decision_told_at.is_none() && self.shown_status != self.status
    }

    fn rejected_recently(&self, now: DateTime<Utc>) -> bool {
        self.status == Status::Rejected && self.decision_told_at.is_some_and(|told| now - told < RECENTLY)
    }
}

/// What remains of an address that is not to be contacted, when everything else about the person is erased: nobody can read the address from
/// it without the key.
pub fn digest(secret: &[u8], address: &EmailAddress) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes keys of any length (RFC 2104, section 2)");
    mac.update(b"do not contact\0");
    mac.update(address.identity().as_bytes());
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(status: Status, shown_status: Status, told_days_ago: Option<i64>, is_owed: bool) -> ApplicationOf {
        let decision_told_at = told_days_ago.map(|days| DateTime::UNIX_EPOCH - TimeDelta::days(days));
        ApplicationOf { status, shown_status, decision_told_at, is_owed }
    }

    #[test]
    fn whoever_is_owed_an_answer_or_was_hurt_is_left_alone() {
        use ContactReason::{NeverAnswered, OwedAnAnswer, RejectedRecently};
        for (application, expected, reason) in [
            (one(Status::Active, Status::Active, None, false), vec![OwedAnAnswer], "they wait"),
            (one(Status::Rejected, Status::Active, None, true), vec![OwedAnAnswer, NeverAnswered], "the rejection is on its way"),
            (one(Status::Rejected, Status::Active, None, false), vec![NeverAnswered], "it never arrived"),
            (one(Status::Rejected, Status::Rejected, Some(10), false), vec![RejectedRecently], "ten days ago"),
            (one(Status::Rejected, Status::Rejected, Some(91), false), vec![], "a quarter of a year is over"),
            (one(Status::Withdrawn, Status::Withdrawn, None, false), vec![], "they know"),
            (one(Status::Hired, Status::Hired, Some(1), false), vec![], "a colleague"),
        ] {
            assert_eq!(reasons(&[application], &[], DateTime::UNIX_EPOCH), expected, "{reason}");
        }
        assert_eq!(reasons(&[], &[ContactReason::AskedNotTo], DateTime::UNIX_EPOCH), [ContactReason::AskedNotTo]);
    }

    #[test]
    fn one_person_has_one_digest_and_another_key_another() {
        let digest_of = |secret: &[u8], text: &str| digest(secret, &text.parse().unwrap());
        assert_eq!(digest_of(b"k", "Ada@Example.net"), digest_of(b"k", "ada@example.net"));
        assert_ne!(digest_of(b"k", "ada@example.net"), digest_of(b"k", "bo@example.net"));
        assert_ne!(digest_of(b"k", "ada@example.net"), digest_of(b"l", "ada@example.net"));
    }
}
