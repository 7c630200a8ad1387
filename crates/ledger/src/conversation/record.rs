//! Puts messages on record, each once.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use hearback_domain::{
    actor::Actor,
    conversation::{Direction, Way},
    ids::{ApplicationId, InboundMailId, MessageId, NotificationId},
};
use sea_orm::{ConnectionTrait, Statement, Value};
use uuid::Uuid;

use crate::{
    Ledger, LedgerError,
    database::Transaction,
    rows::{Cell, Column, Rows},
};

/// What somebody wrote, before it is on record. Texts have no control characters but line breaks.
pub(crate) struct NewMessage {
    pub(crate) application: ApplicationId,
    pub(crate) direction: Direction,
    pub(crate) way: Way,
    pub(crate) actor: Actor,
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
    SELECT id, application_id, direction, channel, actor_kind, actor_id, on_behalf_of, at, from_address,
    subject, text, html, left_out, digest, mail_message_id, in_reply_to, thread, inbound_mail_id, notification_id, false, answers_until
    FROM v WHERE true
    ON CONFLICT (application_id, direction, digest) DO NOTHING RETURNING id";

const SAME: &str = "SELECT v.id AS new, m.id AS same FROM v
    JOIN message m ON m.application_id = v.application_id AND m.direction = v.direction AND m.digest = v.digest";

pub(crate) async fn put(ledger: &Ledger, transaction: &Transaction, new: NewMessage, now: DateTime<Utc>) -> Result<Put, LedgerError> {
    let put = put_all(ledger, transaction, vec![new], now).await?;
    put.first().copied().ok_or_else(|| LedgerError::unreadable("message", "nothing came of it"))
}

/// Each of another application. In the order given.
pub(crate) async fn put_all(
    ledger: &Ledger,
    transaction: &Transaction,
    new: Vec<NewMessage>,
    now: DateTime<Utc>,
) -> Result<Vec<Put>, LedgerError> {
    if new.is_empty() {
        return Ok(Vec::new());
    }
    let backend = transaction.get_database_backend();
    let mut ids = Vec::<MessageId>::with_capacity(new.len());
    let mut keys = Vec::with_capacity(new.len());
    let mut rows = Vec::with_capacity(new.len());
    for new in new {
        let id: MessageId = ledger.ids().next();
        ids.push(id);
        keys.push(new.key(id));
        rows.push(new.row(id, now));
    }
    let inserted = transaction.query_all_raw(Rows::new(columns(), rows).statement(backend, INSERT)).await?;
    let inserted: HashSet<Uuid> = inserted.iter().map(|row| row.try_get("", "id")).collect::<Result<_, _>>()?;
    let mut same = HashMap::<Uuid, Uuid>::new();
    if inserted.len() < ids.len() {
        let columns = [Column::Uuid("id"), Column::Uuid("application_id"), Column::Text("direction"), Column::Bytes("digest")];
        for row in transaction.query_all_raw(Rows::new(columns, keys).statement(backend, SAME)).await? {
            same.insert(row.try_get("", "new")?, row.try_get("", "same")?);
        }
    }
    let put = |id: MessageId| {
        if inserted.contains(&id.uuid()) {
            return Ok(Put::New(id));
        }
        let same = same.get(&id.uuid()).ok_or_else(|| LedgerError::unreadable("message", "it is neither new nor on record"))?;
        Ok(Put::OnRecord((*same).into()))
    };
    ids.into_iter().map(put).collect()
}

const fn columns() -> [Column; 20] {
    [
        Column::Uuid("id"),
        Column::Uuid("application_id"),
        Column::Text("direction"),
        Column::Text("channel"),
        Column::Text("actor_kind"),
        Column::Text("actor_id"),
        Column::Text("on_behalf_of"),
        Column::Time("at"),
        Column::Text("from_address"),
        Column::Text("subject"),
        Column::Text("text"),
        Column::Text("html"),
        Column::Int("left_out"),
        Column::Bytes("digest"),
        Column::Text("mail_message_id"),
        Column::Text("in_reply_to"),
        Column::Text("thread"),
        Column::Uuid("inbound_mail_id"),
        Column::Uuid("notification_id"),
        Column::Time("answers_until"),
    ]
}

impl NewMessage {
    /// By which the same message is found.
    fn key(&self, id: MessageId) -> [Cell; 4] {
        [id.uuid().into(), self.application.uuid().into(), self.direction.as_str().to_owned().into(), Cell::Bytes(self.digest.to_vec())]
    }

    fn row(self, id: MessageId, now: DateTime<Utc>) -> [Cell; 20] {
        let Self {
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
        } = self;
        let thread = (!thread.is_empty()).then(|| thread.join(" "));
        [
            id.uuid().into(),
            application.uuid().into(),
            direction.as_str().to_owned().into(),
            way.as_str().to_owned().into(),
            actor.kind.as_str().to_owned().into(),
            actor.id.into(),
            actor.on_behalf_of.into(),
            now.into(),
            from_address.into(),
            subject.into(),
            text.into(),
            html.into(),
            Cell::Int(left_out.into()),
            Cell::Bytes(digest.to_vec()),
            mail_message_id.into(),
            in_reply_to.into(),
            thread.into(),
            inbound_mail.map_or(Cell::Null, |mail| mail.uuid().into()),
            notification.map_or(Cell::Null, |notification| notification.uuid().into()),
            answers_until.into(),
        ]
    }
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
