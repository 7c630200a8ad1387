//! All that a mail is made of.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use hearback_domain::{
    EmailAddress, application::Stage, ids::NotificationId, locale::Locale, notification::Kind, reply_token::ReplyAddresses, trace::Trace,
};

/// Who a mail comes from and who reads the answers. Shared by all letters of a board.
#[derive(Clone, Debug)]
pub struct Face {
    /// The organisation as applicants know it: what they applied to, and the signature.
    pub organisation: String,
    pub sender: EmailAddress,
    /// Shown beside the sender's address.
    pub sender_name: String,
    /// A mailbox that a person reads (P7).
    pub reply_to: EmailAddress,
    /// Where bounces go (RFC 5321, section 4.1.1.2).
    pub envelope_sender: EmailAddress,
    /// Once mail comes in here: each mail's own addresses take the place of those two.
    pub reply_addresses: Option<ReplyAddresses>,
}

/// One message owed, with everything that its text needs. The same letter always becomes the same bytes.
#[derive(Clone)]
pub struct Letter {
    pub notification: NotificationId,
    pub kind: Kind,
    pub locale: Locale,
    pub applicant_name: String,
    pub to: EmailAddress,
    /// Where the mail goes in place of `to`, which it then names: for staging, where nobody who applied may be written to.
    pub redirect_to: Option<EmailAddress>,
    pub job_title: String,
    pub face: Arc<Face>,
    /// The applicant's own page; `https:` (or `http:`, in development).
    pub status_url: String,
    /// Where the application stands. `stage_changed` cannot do without; `correction` says it if it is known.
    pub stage: Option<Stage>,
    /// The recruiter's own words, as plain text: line breaks are kept, nothing in it is markup.
    pub words: Option<String>,
    /// The stored date of the next word. `still_considering` and `no_decision` cannot do without.
    pub promised_by: Option<DateTime<Utc>>,
    pub received_at: DateTime<Utc>,
    /// The mail's `Date`; stays the same over retries.
    pub dated: DateTime<Utc>,
    /// Where the applicant lives, as far as we know: dates in the text are theirs.
    pub time_zone: Tz,
    /// Of a recruiter's own words.
    pub answers: Option<Answers>,
    /// What the request that it came of was named by: goes with the mail, as it came.
    pub trace: Option<Trace>,
}

/// The mails that a letter belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// That of the mail that it answers.
    pub subject: Option<String>,
    /// The mails before it, the oldest first, each with its angle brackets; it answers the last.
    pub thread: Vec<String>,
}

/// Debug output ends in logs, where names and texts must not.
impl std::fmt::Debug for Letter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Letter")
            .field("notification", &self.notification)
            .field("kind", &self.kind)
            .field("to", &self.to)
            .finish_non_exhaustive()
    }
}
