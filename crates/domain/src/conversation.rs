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

/// The subject of an answer (RFC 5322, section 3.6.5).
pub fn reply_subject(subject: &str) -> String {
    let is_answer = subject.trim_start().get(..3).is_some_and(|start| start.eq_ignore_ascii_case("re:"));
    if is_answer { subject.trim_start().to_owned() } else { format!("Re: {}", subject.trim_start()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_to_an_answer_says_so_once() {
        for (given, subject) in
            [("My start", "Re: My start"), (" RE: My start", "RE: My start"), ("Reply", "Re: Reply"), ("ré:", "Re: ré:")]
        {
            assert_eq!(reply_subject(given), subject);
        }
    }
}
