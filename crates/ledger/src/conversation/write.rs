//! A recruiter writes to an applicant: the message, and the mail that brings it to them.

use chrono::{DateTime, Utc};
use hearback_domain::{
    actor::Actor,
    conversation::{Direction, Way, reply_subject},
    event::EventKind,
    ids::{ApplicationId, InboundMailId, MessageId, NotificationId},
    promise::{Happening, decide},
};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value};
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::record::{NewMessage, Put, put};
use crate::{
    ChangeRefused, Ledger, LedgerError,
    change::{ATTEMPTS, Lock, Locked, LockedAll, NewEvent, Rejected, Step, lock, write_and_name},
    database::Transaction,
};

/// What somebody of the organisation writes.
pub(crate) struct Written<'a> {
    pub(crate) way: Way,
    pub(crate) actor: &'a Actor,
    pub(crate) words: &'a str,
    /// They had seen what the applicant wrote until then.
    pub(crate) answers_until: DateTime<Utc>,
    pub(crate) digest: [u8; 32],
    /// Of the mail in which they wrote it.
    pub(crate) mail_message_id: Option<String>,
    pub(crate) inbound_mail: Option<InboundMailId>,
}

/// The longest References that a mail is given: the first mail of a conversation, and the last ones.
const MOST_THREAD: usize = 12;

/// Longer than any that a mail program makes, and short enough for a header's line.
const LONGEST_ID: usize = 250;

const MAILS: &str = "SELECT m.direction, m.subject, m.mail_message_id, m.in_reply_to, m.notification_id FROM message m
    WHERE m.application_id = $1 ORDER BY m.id";

const LAST_SENT: &str = "SELECT n.id, n.subject FROM notification n WHERE n.application_id = $1 AND n.state IN ('sent', 'bounced')
    ORDER BY n.id DESC LIMIT 1";

const SENDER: &str =
    "SELECT b.sender_address FROM application a JOIN job j ON j.id = a.job_id JOIN board b ON b.id = j.board_id WHERE a.id = $1";

const BRINGS: &str = "UPDATE message SET notification_id = $1 WHERE id = $2";

#[derive(FromQueryResult)]
struct MailRow {
    direction: String,
    subject: Option<String>,
    mail_message_id: Option<String>,
    in_reply_to: Option<String>,
    notification_id: Option<Uuid>,
}

impl Ledger {
    /// Owes a recruiter's own words to the applicant. `words` are what a letter can have, and not longer than
    /// [`LONGEST`](hearback_domain::conversation::LONGEST).
    pub async fn write_to_applicant(
        &self,
        application: ApplicationId,
        words: &str,
        actor: &Actor,
    ) -> Result<Result<MessageId, ChangeRefused>, LedgerError> {
        let mut attempt = 1;
        loop {
            match self.try_to_write(application, words, actor).await {
                Err(error) if error.is_lost_race() && attempt < ATTEMPTS => attempt += 1,
                other => return other,
            }
        }
    }

    async fn try_to_write(
        &self,
        application: ApplicationId,
        words: &str,
        actor: &Actor,
    ) -> Result<Result<MessageId, ChangeRefused>, LedgerError> {
        let transaction = self.database().begin().await?;
        let LockedAll { mut readable, mut unreadable } = lock(&transaction, &[application], Lock::WithMessages).await?;
        let Some(locked) = readable.remove(&application) else {
            return Ok(Err(unreadable.remove(&application).map_or(ChangeRefused::NoSuchApplication, ChangeRefused::Unreadable)));
        };
        if locked.is_erased {
            return Ok(Err(ChangeRefused::Erased));
        }
        let now = self.clock().now();
        // The same words again are another message: whether a request came before, its Idempotency-Key says.
        let digest = Sha256::new().chain_update(b"api\0").chain_update(self.random().bytes::<32>()).finalize().into();
        let written = Written { way: Way::Api, actor, words, answers_until: now, digest, mail_message_id: None, inbound_mail: None };
        let (put, is_due) = written_to(self, &transaction, &locked, written, now).await?;
        let (Put::New(message) | Put::OnRecord(message)) = put;
        transaction.commit().await?;
        if is_due {
            self.wake();
        }
        Ok(Ok(message))
    }
}

/// What follows from a message to an applicant, whichever way it came. Returns whether something may be due now. One that is on record
/// changes nothing.
pub(crate) async fn written_to(
    ledger: &Ledger,
    transaction: &Transaction,
    locked: &Locked,
    written: Written<'_>,
    now: DateTime<Utc>,
) -> Result<(Put, bool), LedgerError> {
    let Written { way, actor, words, answers_until, digest, mail_message_id, inbound_mail } = written;
    let Answered { subject, thread } = answered(transaction, locked.id).await?;
    let new = NewMessage {
        application: locked.id,
        direction: Direction::Sent,
        way,
        actor: actor.clone(),
        from_address: None,
        subject,
        text: words.to_owned(),
        html: None,
        left_out: 0,
        digest,
        mail_message_id,
        in_reply_to: thread.last().cloned(),
        thread,
        inbound_mail,
        notification: None,
        answers_until: Some(answers_until),
    };
    let message = match put(ledger, transaction, new, now).await? {
        Put::New(message) => message,
        Put::OnRecord(message) => return Ok((Put::OnRecord(message), false)),
    };
    let happening = Happening::WrittenTo { words: words.to_owned() };
    let decision = decide(&happening, &locked.facts, &ledger.policy_under(&locked.overriding), now)
        .map_err(|refusal| LedgerError::unreadable("application", refusal))?;
    let event = Some(NewEvent::of(EventKind::WrittenTo, actor, json!({ "message": message })));
    let step = Step { locked, decision, settled: None, event, rejected: Rejected::Unchanged, words: None };
    let written = write_and_name(ledger, transaction, vec![step], now).await?;
    for notification in &written.owed {
        brings(transaction, *notification, message).await?;
    }
    Ok((Put::New(message), written.something_due))
}

/// Which mail brings a message to its applicant.
async fn brings(transaction: &Transaction, notification: NotificationId, message: MessageId) -> Result<(), LedgerError> {
    let values: [Value; 2] = [notification.uuid().into(), message.uuid().into()];
    transaction.execute_raw(Statement::from_sql_and_values(transaction.get_database_backend(), BRINGS, values)).await?;
    Ok(())
}

/// What a message to an applicant belongs to.
struct Answered {
    subject: Option<String>,
    /// Message-IDs, the oldest first; it answers the last.
    thread: Vec<String>,
}

/// The applicant's last mail and what went before it; without one, the last mail that they had.
async fn answered(transaction: &Transaction, application: ApplicationId) -> Result<Answered, LedgerError> {
    let backend = transaction.get_database_backend();
    let of_it = |query: &str| Statement::from_sql_and_values(backend, query, [application.uuid().into()]);
    let sender = transaction.query_one_raw(of_it(SENDER)).await?;
    let sender: String = sender.map(|row| row.try_get("", "sender_address")).transpose()?.unwrap_or_default();
    let domain = sender.rsplit_once('@').map_or("", |(_, domain)| domain);
    let ours = |id: Uuid| format!("<{}@{domain}>", NotificationId::from(id));
    let (mut thread, mut until, mut subject) = (Vec::new(), 0, None);
    let add = |thread: &mut Vec<String>, id: Option<String>| {
        let id = id.filter(|id| is_message_id(id) && !thread.contains(id));
        thread.extend(id);
    };
    for row in transaction.query_all_raw(of_it(MAILS)).await? {
        let MailRow { direction, subject: about, mail_message_id, in_reply_to, notification_id } = MailRow::from_query_result(&row, "")?;
        if direction == Direction::Sent.as_str() {
            add(&mut thread, notification_id.map(ours));
            continue;
        }
        add(&mut thread, in_reply_to);
        if let Some(id) = mail_message_id.filter(|id| is_message_id(id)) {
            thread.retain(|earlier| *earlier != id);
            thread.push(id);
            (until, subject) = (thread.len(), about.or(subject));
        }
    }
    thread.truncate(until);
    if thread.is_empty()
        && let Some(row) = transaction.query_one_raw(of_it(LAST_SENT)).await?
    {
        thread.push(ours(row.try_get("", "id")?));
        subject = row.try_get("", "subject")?;
    }
    if thread.len() > MOST_THREAD {
        thread.drain(1..=thread.len() - MOST_THREAD);
    }
    Ok(Answered { subject: subject.map(|subject| reply_subject(&subject)), thread })
}

/// A stranger's, as a header can have it.
fn is_message_id(id: &str) -> bool {
    let inner = id.strip_prefix('<').and_then(|id| id.strip_suffix('>'));
    id.len() <= LONGEST_ID && inner.is_some_and(|id| !id.is_empty() && id.bytes().all(|b| b.is_ascii_graphic() && !b"<>".contains(&b)))
}
