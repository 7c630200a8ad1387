//! An applicant answered: what they wrote, the promise of an answer, and whoever hears of it.

use hearback_domain::{
    actor::Actor,
    conversation::{Direction, LONGEST, Way},
    event::EventKind,
    ids::{ApplicationId, MessageId, NotificationId},
    promise::{Happening, decide},
};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{InboundClaim, InboundEnd, Understood, end, kept};
use crate::{
    Ledger, LedgerError, NewAttachment, attachments,
    change::{ATTEMPTS, Lock, Locked, NewEvent, Rejected, Step, lock, write},
    conversation::record::{NewMessage, Put, plain, put},
    database::Transaction,
    staff::reply::tell_of_message,
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

impl Ledger {
    /// The message, the promise, the mail to a person, and the end of the mail that came in: one transaction.
    pub async fn record_reply(&self, claim: InboundClaim, reply: &Reply) -> Result<ReplyRecorded, LedgerError> {
        let mut attempt = 1;
        loop {
            match self.try_to_record_reply(claim, reply).await {
                Err(error) if error.is_lost_race() && attempt < ATTEMPTS => attempt += 1,
                other => return other,
            }
        }
    }

    async fn try_to_record_reply(&self, claim: InboundClaim, reply: &Reply) -> Result<ReplyRecorded, LedgerError> {
        let Reply { application, about, from, subject, text, html, message_id, in_reply_to, files, left_out } = reply;
        let transaction = self.database().begin().await?;
        let Some(locked) = lock(&transaction, &[*application], Lock::Applications).await?.readable.remove(application) else {
            return Ok(ReplyRecorded::NoApplication);
        };
        // There is no conversation any more to put it into; a person reads it all the same.
        if locked.is_erased {
            return Ok(ReplyRecorded::NoApplication);
        }
        let text = plain(text.trim(), LONGEST);
        let new = NewMessage {
            application: *application,
            direction: Direction::Received,
            way: Way::Mail,
            actor: &Actor::applicant(),
            from_address: from.as_deref().map(kept),
            subject: subject.as_deref().map(kept),
            html: html.as_deref().map(|html| plain(html, usize::MAX)),
            left_out: *left_out,
            digest: same_mail(claim, message_id.as_deref(), &text),
            text,
            mail_message_id: message_id.clone(),
            in_reply_to: in_reply_to.clone(),
            thread: Vec::new(),
            inbound_mail: Some(claim.mail),
            notification: *about,
            answers_until: None,
        };
        let now = self.clock().now();
        let (message, recorded, result) = match put(self, &transaction, new, now).await? {
            Put::OnRecord(message) => (message, ReplyRecorded::OnRecord(message), "the same reply is on record"),
            Put::New(message) => (message, ReplyRecorded::Recorded(message), "a reply: a person is told"),
        };
        let mut is_due = false;
        if let ReplyRecorded::Recorded(message) = recorded {
            attachments::insert_with_message(self, &transaction, *application, message, files, now).await?;
            is_due = replied(self, &transaction, &locked, message, now).await?;
        }
        let understood = Understood { kind: "reply", result, end: InboundEnd::Done, about: *about };
        if !end(self, &transaction, claim, &understood).await? {
            // Dropped: whoever has the mail now writes all of it.
            return Ok(ReplyRecorded::LostClaim);
        }
        became(&transaction, claim, message).await?;
        transaction.commit().await?;
        if is_due {
            self.wake();
        }
        Ok(recorded)
    }
}

/// What follows from a message of an applicant, whichever way it came: the promise, the event, and a mail to a person.
pub(crate) async fn replied(
    ledger: &Ledger,
    transaction: &Transaction,
    locked: &Locked,
    message: MessageId,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<bool, LedgerError> {
    let decision = decide(&Happening::Replied, &locked.facts, &ledger.policy_under(&locked.overriding), now)
        .map_err(|refusal| LedgerError::unreadable("application", refusal))?;
    let answer_by = decision.standing.unanswered.map(|waiting| waiting.by);
    let data = json!({ "message": message, "answer_by": answer_by });
    let event = Some(NewEvent::of(EventKind::Replied, &Actor::applicant(), data));
    let step = Step { locked, decision, settled: None, event, rejected: Rejected::Unchanged, words: None };
    write(ledger, transaction, vec![step], now).await?;
    tell_of_message(ledger, transaction, locked.id, message, now).await
}

/// Which message a mail became.
pub(super) async fn became(transaction: &Transaction, claim: InboundClaim, message: MessageId) -> Result<(), LedgerError> {
    const BECAME: &str = "UPDATE inbound_mail SET message_id = $1 WHERE id = $2";
    let values: [sea_orm::Value; 2] = [message.uuid().into(), Uuid::from(claim.mail).into()];
    transaction.execute_raw(Statement::from_sql_and_values(transaction.get_database_backend(), BECAME, values)).await?;
    Ok(())
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
