//! All that a mail to a person of the organisation is made of.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use hearback_domain::{
    EmailAddress,
    application::Status,
    ids::{ApplicationId, NotificationId, StaffMailId},
    locale::StaffLocale,
    notification::{Kind, State},
    staff::{Cause, StaffKind, Stray, Waiting, Waits},
};

use crate::Face;

/// One mail about messages that need a person. The same letter always becomes the same bytes.
#[derive(Clone)]
pub struct StaffLetter {
    pub id: StaffMailId,
    pub kind: StaffKind,
    pub locale: StaffLocale,
    pub to: EmailAddress,
    /// Gets the mail instead: for staging.
    pub redirect_to: Option<EmailAddress>,
    /// Of the board whose message was first; answers go where its applicants' answers go.
    pub face: Arc<Face>,
    /// As many as a person reads.
    pub items: Vec<StaffItem>,
    /// The same, of applications that nobody decides about.
    pub decisions: Vec<DecisionItem>,
    /// What a digest tells, instead of those.
    pub digest: Option<DigestItems>,
    /// What it tells of a conversation; such a mail has no items.
    pub conversation: Option<StaffNotice>,
    /// How many there are in all.
    pub count: u64,
    /// The mail's `Date`; stays the same over retries.
    pub dated: DateTime<Utc>,
    /// Where the board is: times in the text are its own.
    pub time_zone: Tz,
}

/// One message to an applicant that needs a person.
#[derive(Clone)]
pub struct StaffItem {
    pub cause: Cause,
    pub message: NotificationId,
    pub applicant_name: String,
    pub job_title: String,
    pub kind: Kind,
    /// As it stands now: it may have gone out meanwhile.
    pub state: State,
    /// When it was first to go.
    pub send_after: DateTime<Utc>,
    /// What a mail server answered, or why it is held.
    pub reason: Option<String>,
}

/// One application that nobody decides about.
#[derive(Clone)]
pub struct DecisionItem {
    pub cause: Cause,
    pub application: ApplicationId,
    pub applicant_name: String,
    pub job_title: String,
    /// As it stands now: it may have been decided meanwhile.
    pub status: Status,
    pub due_at: DateTime<Utc>,
}

/// Everybody who waits for one person.
#[derive(Clone)]
pub struct DigestItems {
    pub counts: BTreeMap<Waits, u64>,
    /// Whoever has waited longest first.
    pub people: Vec<DigestItem>,
}

#[derive(Clone)]
pub struct DigestItem {
    pub waiting: Waiting,
    pub applicant_name: String,
    pub job_title: String,
}

/// Debug output ends in logs, where names and texts must not.
impl std::fmt::Debug for StaffLetter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StaffLetter").field("id", &self.id).field("kind", &self.kind).field("count", &self.count).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for DecisionItem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DecisionItem").field("application", &self.application).field("cause", &self.cause).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for DigestItems {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DigestItems").field("counts", &self.counts).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for DigestItem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DigestItem").field("waiting", &self.waiting).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for StaffItem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StaffItem").field("message", &self.message).field("cause", &self.cause).finish_non_exhaustive()
    }
}

/// What a mail to a person tells of a conversation.
#[derive(Clone)]
pub enum StaffNotice {
    /// An applicant wrote, or waits for longer than promised.
    Wrote(Box<Wrote>),
    /// Mail that fits no conversation, as much as a person reads.
    Stray(Vec<StrayNotice>),
}

/// One conversation.
#[derive(Clone)]
pub struct Wrote {
    pub is_late: bool,
    pub applicant_name: String,
    pub applicant_email: EmailAddress,
    pub job_title: String,
    /// The promise to answer.
    pub answer_by: Option<DateTime<Utc>>,
    /// Where an answer goes that reaches the applicant; without one, people write to the applicant themselves.
    pub answer_to: Option<EmailAddress>,
    pub messages: Vec<WroteMessage>,
    /// The mails before this one, the oldest first, each with its angle brackets.
    pub thread: Vec<String>,
}

/// What the applicant wrote.
#[derive(Clone)]
pub struct WroteMessage {
    pub at: DateTime<Utc>,
    /// Where it is not the address that the applicant gave.
    pub from: Option<String>,
    pub text: String,
    pub files: Vec<String>,
    pub left_out: u32,
}

/// A mail that fits no conversation.
#[derive(Clone)]
pub struct StrayNotice {
    pub why: Stray,
    pub at: DateTime<Utc>,
    pub sender: Option<String>,
    pub subject: Option<String>,
    pub words: String,
    /// An applicant and a job, if the sender's address is one that somebody applied with.
    pub guess: Option<(String, String)>,
}
