//! What applicants and the organisation write to each other.

use crate::closed_set::closed_set;

closed_set! {
    /// Who wrote to whom.
    Direction, "direction" {
        /// The applicant to the organisation.
        Received = "received",
        /// The organisation to the applicant.
        Sent = "sent",
    }
}

closed_set! {
    /// The way that a message came.
    Way, "way of a message" {
        Mail = "mail",
        /// The applicant's own page.
        Page = "page",
        Api = "api",
    }
}

closed_set! {
    /// Which applications a list is narrowed to.
    ReplyWaiting, "answer to whether a reply waits" {
        Yes = "true",
        No = "false",
    }
}

/// Letters of a message that are kept; what is longer is a file.
pub const LONGEST: usize = 20_000;
