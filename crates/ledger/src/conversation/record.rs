//! Puts one message on record, once.

use chrono::{DateTime, TimeDelta, Utc};
use hearback_domain::{
    actor::Actor,
    conversation::{Direction, Way},
    ids::{ApplicationId, InboundMailId, MessageId, NotificationId},
};
use sea_orm::{ConnectionTrait, Statement, Value};
use uuid::Uuid;

use crate::{Ledger, LedgerError, database::Transaction};

/// What somebody wrote, before it is on record. Texts have no control characters but line breaks.
pub(crate) struct NewMessage<'a> {
    pub(crate) application: ApplicationId,
    pub(crate) direction: Direction,
    pub(crate) way: Way,
    pub(crate) actor: &'a Actor,
    /// As their mail program says.
    pub(crate) from_address: Option<String>,
    pub(crate) subject: Option<String>,
    pub(crate) text: String,
    /// Sanitised.
    pub(crate) html: Option<String>,
    /// Files that came with it and were not kept.
    pub(crate) left_out: u32,
    /// What makes it the same message, whichever way it comes.
    pub(crate) digest: [u8; 32],
    /// Its Message-ID, and that of the mail that it answers, in angle brackets.
    pub(crate) mail_message_id: Option<String>,
    pub(crate) in_reply_to: Option<String>,
    /// Of a message to an applicant: the References of its mail, in their order.
    pub(crate) thread: Vec<String>,
    pub(crate) inbound_mail: Option<InboundMailId>,
    /// The notification that it answers, or that brings it to the applicant.
    pub(crate) notification: Option<NotificationId>,
    /// Of a message to an applicant: its writer had seen what they wrote until then.
    pub(crate) answers_until: Option<DateTime<Utc>>,
}

/// Whether it is new, or was there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Put {
    New(MessageId),
    OnRecord(MessageId),
}

const INSERT: &str = "INSERT INTO message (id, application_id, direction, channel, actor_kind, actor_id, on_behalf_of, at, from_address,
    subject, text, html, left_out, digest, mail_message_id, in_reply_to, thread, inbound_mail_id, notification_id, nobody, answers_until)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
    ON CONFLICT (application_id, direction, digest) DO NOTHING RETURNING id";

const SAME: &str = "SELECT id FROM message WHERE application_id = $1 AND direction = $2 AND digest = $3";

pub(crate) async fn put(ledger: &Ledger, transaction: &Transaction, new: NewMessage<'_>, now: DateTime<Utc>) -> Result<Put, LedgerError> {
    let backend = transaction.get_database_backend();
    let NewMessage {
        application,
        direction,
        way,
        actor,
        from_address,
        subject,
        text,
        html,
        left_out,
        digest,
        mail_message_id,
        in_reply_to,
        thread,
        inbound_mail,
        notification,
        answers_until,
    } = new;
    let id: MessageId = ledger.ids().next();
    let thread = (!thread.is_empty()).then(|| thread.join(" "));
    let same: [Value; 3] = [application.uuid().into(), direction.as_str().into(), digest.to_vec().into()];
    let values: [Value; 21] = [
        id.uuid().into(),
        application.uuid().into(),
        direction.as_str().into(),
        way.as_str().into(),
        actor.kind.as_str().into(),
        actor.id.clone().into(),
        actor.on_behalf_of.clone().into(),
        now.into(),
        from_address.into(),
        subject.into(),
        text.into(),
        html.into(),
        i32::try_from(left_out).unwrap_or(i32::MAX).into(),
        digest.to_vec().into(),
        mail_message_id.into(),
        in_reply_to.into(),
        thread.into(),
        inbound_mail.map(InboundMailId::uuid).into(),
        notification.map(NotificationId::uuid).into(),
        false.into(),
        answers_until.into(),
    ];
    if transaction.query_one_raw(Statement::from_sql_and_values(backend, INSERT, values)).await?.is_some() {
        return Ok(Put::New(id));
    }
    let row = transaction.query_one_raw(Statement::from_sql_and_values(backend, SAME, same)).await?;
    let row = row.ok_or_else(|| LedgerError::unreadable("message", "it is neither new nor on record"))?;
    Ok(Put::OnRecord(row.try_get::<Uuid>("", "id")?.into()))
}

/// What came in one direction and way of a conversation in the last hour.
pub(crate) struct Lately {
    /// All but this one.
    pub(crate) others: i64,
    /// Whether this one is on record, however old.
    pub(crate) is_known: bool,
}

const LATELY: &str = "SELECT COALESCE(sum(CASE WHEN digest = $3 THEN 0 ELSE 1 END), 0) AS others,
    COALESCE(sum(CASE WHEN digest = $3 THEN 1 ELSE 0 END), 0) AS known
    FROM message WHERE application_id = $1 AND direction = $4 AND channel = $5 AND (at > $2 OR digest = $3)";

/// So that nobody, and no machine that is taken for somebody, writes without end.
pub(crate) async fn lately(
    transaction: &Transaction,
    application: ApplicationId,
    (direction, way): (Direction, Way),
    digest: [u8; 32],
    now: DateTime<Utc>,
) -> Result<Lately, LedgerError> {
    let since = now - TimeDelta::hours(1);
    let values: [Value; 5] =
        [application.uuid().into(), since.into(), digest.to_vec().into(), direction.as_str().into(), way.as_str().into()];
    let row = transaction.query_one_raw(Statement::from_sql_and_values(transaction.get_database_backend(), LATELY, values)).await?;
    let row = row.ok_or_else(|| LedgerError::unreadable("message", "a sum has no row"))?;
    Ok(Lately { others: row.try_get("", "others")?, is_known: row.try_get::<i64>("", "known")? > 0 })
}

/// Text of a stranger as it can be stored and shown: no control characters but line breaks (PostgreSQL takes no NUL), and an end.
pub(crate) fn plain(text: &str, most: usize) -> String {
    text.chars().filter_map(|c| if c == '\n' || !c.is_control() { Some(c) } else { (c == '\t').then_some(' ') }).take(most).collect()
}
