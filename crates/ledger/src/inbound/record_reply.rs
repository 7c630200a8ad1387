//! An applicant answered: what they wrote, the promise of an answer, and whoever hears of it.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use hearback_domain::{
    actor::Actor,
    conversation::{Direction, LONGEST, Way},
    event::EventKind,
    ids::{ApplicationId, MessageId, NotificationId},
    promise::{Happening, decide},
};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{
    InboundClaim, InboundEnd, Understood, kept,
    together::{Act, commit, written},
    understood::Ends,
};
use crate::{
    Ledger, LedgerError, NewAttachment, attachments,
    change::{Lock, Locked, LockedAll, NewEvent, Rejected, Step, execute, lock, write},
    conversation::record::{NewMessage, Put, plain, put_all},
    database::Transaction,
    rows::{Column, Rows},
    staff::reply::tell_of_messages,
};

/// What came in, as far as it is understood.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    pub application: ApplicationId,
    /// The message of ours that it answers, where that is known.
    pub about: Option<NotificationId>,
    /// As the mail's `From` says.
    pub from: Option<String>,
    pub subject: Option<String>,
    /// Without quotes and signatures.
    pub text: String,
    /// Sanitised.
    pub html: Option<String>,
    /// In angle brackets.
    pub message_id: Option<String>,
    pub in_reply_to: Option<String>,
    pub files: Vec<NewAttachment>,
    /// How many more came with it that are not kept.
    pub left_out: u32,
}

/// Debug output ends in logs, where texts must not.
impl std::fmt::Debug for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reply").field("application", &self.application).field("files", &self.files.len()).finish_non_exhaustive()
    }
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyRecorded {
    /// A person is told.
    Recorded(MessageId),
    /// The same had come before.
    OnRecord(MessageId),
    /// The application is not on record, or cannot be read: somebody else has to be told.
    NoApplication,
    /// The mail is somebody else's by now.
    LostClaim,
}

/// A reply, and the mail that brought it.
#[derive(Debug)]
pub(crate) struct Replied {
    pub(super) claim: InboundClaim,
    pub(super) reply: Reply,
}

impl Ledger {
    /// The message, the promise, the mail to a person, and the end of the mail that came in: one transaction.
    pub async fn record_reply(&self, claim: InboundClaim, reply: Reply) -> Result<ReplyRecorded, LedgerError> {
        written(self.replies(), Replied { claim, reply }).await
    }
}

impl Act for Replied {
    type Written = ReplyRecorded;

    /// Of each application only the first: the next is decided with what that one left.
    async fn write(ledger: &Ledger, acts: &[&Self]) -> Result<Vec<Option<ReplyRecorded>>, LedgerError> {
        let mut first_of = HashSet::new();
        let first: Vec<usize> = (0..acts.len()).filter(|at| first_of.insert(acts[*at].reply.application)).collect();
        let applications: Vec<ApplicationId> = first.iter().map(|at| acts[*at].reply.application).collect();
        let transaction = ledger.database().begin().await?;
        let LockedAll { readable, unreadable: _ } = lock(&transaction, &applications, Lock::Applications).await?;
        let now = ledger.clock().now();
        let mut recorded = vec![None; acts.len()];
        let (mut places, mut new) = (Vec::with_capacity(first.len()), Vec::with_capacity(first.len()));
        for at in first {
            match readable.get(&acts[at].reply.application) {
                // There is no conversation any more to put it into; a person reads it all the same.
                Some(locked) if !locked.is_erased => {
                    places.push((at, locked));
                    new.push(acts[at].message());
                }
                Some(_) | None => recorded[at] = Some(ReplyRecorded::NoApplication),
            }
        }
        let put = put_all(ledger, &transaction, new, now).await?;
        let (mut ends, mut became, mut files, mut replies) = (Ends::default(), Vec::new(), Vec::new(), Vec::new());
        for ((at, locked), put) in places.into_iter().zip(put) {
            let Self { claim, reply } = acts[at];
            let (message, as_what, result) = match put {
                Put::OnRecord(message) => (message, ReplyRecorded::OnRecord(message), "the same reply is on record"),
                Put::New(message) => {
                    files.push((locked.id, message, reply.files.as_slice()));
                    replies.push((locked, message));
                    (message, ReplyRecorded::Recorded(message), "a reply: a person is told")
                }
            };
            ends.add(ledger, at, *claim, &Understood { kind: "reply", result, end: InboundEnd::Done, about: reply.about });
            became.push((*claim, message));
            recorded[at] = Some(as_what);
        }
        attachments::insert_with_messages(ledger, &transaction, files.into_iter(), now).await?;
        let is_due = replied(ledger, &transaction, &replies, now).await?;
        became_messages(&transaction, &became).await?;
        let recorded = commit(transaction, ends, recorded, ReplyRecorded::LostClaim).await?;
        if is_due {
            ledger.wake();
        }
        Ok(recorded)
    }
}

impl Replied {
    fn message(&self) -> NewMessage {
        let Self { claim, reply } = self;
        let Reply { application, about, from, subject, text, html, message_id, in_reply_to, files: _, left_out } = reply;
        let text = plain(text.trim(), LONGEST);
        NewMessage {
            application: *application,
            direction: Direction::Received,
            way: Way::Mail,
            actor: Actor::applicant(),
            from_address: from.as_deref().map(kept),
            subject: subject.as_deref().map(kept),
            html: html.as_deref().map(|html| plain(html, usize::MAX)),
            left_out: *left_out,
            digest: same_mail(*claim, message_id.as_deref(), &text),
            text,
            mail_message_id: message_id.clone(),
            in_reply_to: in_reply_to.clone(),
            thread: Vec::new(),
            inbound_mail: Some(claim.mail),
            notification: *about,
            answers_until: None,
        }
    }
}

/// What follows from messages of applicants, whichever way they came: the promises, the events, and mails to people. Returns whether one
/// of those is due now.
pub(crate) async fn replied(
    ledger: &Ledger,
    transaction: &Transaction,
    replies: &[(&Locked, MessageId)],
    now: DateTime<Utc>,
) -> Result<bool, LedgerError> {
    let mut steps = Vec::with_capacity(replies.len());
    for (locked, message) in replies {
        let decision = decide(&Happening::Replied, &locked.facts, &ledger.policy_under(&locked.overriding), now)
            .map_err(|refusal| LedgerError::unreadable("application", refusal))?;
        let answer_by = decision.standing.unanswered.map(|waiting| waiting.by);
        let data = json!({ "message": message, "answer_by": answer_by });
        let event = Some(NewEvent::of(EventKind::Replied, &Actor::applicant(), data));
        steps.push(Step { locked, decision, settled: None, event, rejected: Rejected::Unchanged, words: None });
    }
    write(ledger, transaction, steps, now).await?;
    let messages: Vec<_> = replies.iter().map(|(locked, message)| (locked.id, *message)).collect();
    tell_of_messages(ledger, transaction, &messages, now).await
}

/// Which messages mails became.
pub(super) async fn became_messages(transaction: &Transaction, became: &[(InboundClaim, MessageId)]) -> Result<(), LedgerError> {
    const BECAME: &str = "UPDATE inbound_mail SET message_id = v.message FROM v WHERE inbound_mail.id = v.id";
    let rows = became.iter().map(|(claim, message)| [claim.mail.uuid().into(), message.uuid().into()]);
    execute(transaction, Rows::new([Column::Uuid("id"), Column::Uuid("message")], rows), BECAME).await
}

/// The same mail comes once more with other `Received` fields, or to another address of ours. Where it has no Message-ID, only what was
/// received as the same bytes is the same.
pub(super) fn same_mail(claim: InboundClaim, message_id: Option<&str>, text: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(b"mail\0");
    hash.update(message_id.map_or_else(|| claim.mail.to_string(), str::to_owned));
    hash.update([0]);
    hash.update(text);
    hash.finalize().into()
}
