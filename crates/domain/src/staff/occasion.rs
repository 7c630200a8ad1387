use crate::closed_set::closed_set;

closed_set! {
    /// Why a person is told of a conversation.
    Occasion, "occasion of a staff mail" {
        /// The applicant wrote.
        Wrote = "wrote",
        /// What the applicant wrote should have been answered by now.
        Late = "late",
        /// Mail came in that no machine knows where to put.
        Stray = "stray",
    }
}

closed_set! {
    /// Why mail that came in is in no conversation.
    Stray, "stray mail" {
        /// It names no message of ours.
        Unmatched = "unmatched",
        /// It came to the address for answers to an applicant, from somebody who is none of the job's people.
        Stranger = "stranger",
        /// Its sender holds our mail back until a person does something.
        Challenge = "challenge",
        /// Nobody can say what it is.
        Unknown = "unknown",
        /// The conversation had as many messages as people write in an hour.
        TooMany = "too_many",
        /// It came to the address for answers to an applicant, and has no words of its own, or ours in it.
        NotForThem = "not_for_them",
        /// It came to the address for answers to an applicant, with files, which we do not send.
        WithFiles = "with_files",
    }
}
