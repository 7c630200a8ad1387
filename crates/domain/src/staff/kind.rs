use super::Cause;
use crate::closed_set::closed_set;

closed_set! {
    /// What a mail tells the organisation's own people.
    StaffKind, "staff mail kind" {
        /// Messages to applicants are late or wait for a person, or a decision is.
        PromiseAtRisk = "promise_at_risk",
        /// An applicant wrote, and waits for an answer.
        ReplyWaiting = "reply_waiting",
        /// Addresses of applicants refuse mail.
        Undeliverable = "undeliverable",
        /// Once a day, everything that waits for a person.
        Digest = "digest",
    }
}

impl StaffKind {
    /// The kind of the mail that tells all of these.
    pub fn of(causes: &[Cause]) -> Self {
        let address = |cause: &Cause| match cause {
            Cause::Undeliverable | Cause::Bounced => true,
            Cause::Late | Cause::Held | Cause::Complained | Cause::Undecided | Cause::StillUndecided => false,
        };
        if causes.iter().all(address) { Self::Undeliverable } else { Self::PromiseAtRisk }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_that_refuse_make_it_about_addresses() {
        assert_eq!(StaffKind::of(&[Cause::Bounced, Cause::Undeliverable]), StaffKind::Undeliverable);
        assert_eq!(StaffKind::of(&[Cause::Undeliverable, Cause::Late]), StaffKind::PromiseAtRisk);
    }
}
