//! A conversation as it stands on record.

use chrono::{DateTime, Utc};
use hearback_domain::{
    actor::Actor,
    conversation::{Direction, Way},
    ids::{ApplicationId, InboundMailId, MessageId, NotificationId},
    notification::State,
};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use uuid::Uuid;

use crate::{Ledger, LedgerError, Page, standing::read};

/// One thing that somebody wrote.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    pub id: MessageId,
    pub application: ApplicationId,
    pub direction: Direction,
    pub way: Way,
    pub actor: Actor,
    pub at: DateTime<Utc>,
    /// Of a mail that came in: as its `From` says, which proves nothing.
    pub from_address: Option<String>,
    pub subject: Option<String>,
    /// Without quotes and signatures.
    pub text: String,
    /// Sanitised: without scripts, styles, and whatever is fetched without a click.
    pub html: Option<String>,
    /// Files that came with it and were not kept; the whole mail is.
    pub left_out: u32,
    pub mail_message_id: Option<String>,
    pub in_reply_to: Option<String>,
    pub inbound_mail: Option<InboundMailId>,
    /// The notification that it answers, or that brings it to the applicant.
    pub notification: Option<NotificationId>,
    /// How that one stands.
    pub state: Option<State>,
}

/// Debug output ends in logs, where texts must not.
impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Message").field("id", &self.id).field("direction", &self.direction).field("way", &self.way).finish_non_exhaustive()
    }
}

#[derive(FromQueryResult)]
struct Row {
    id: Uuid,
    application_id: Uuid,
    direction: String,
    channel: String,
    actor_kind: String,
    actor_id: String,
    on_behalf_of: Option<String>,
    at: DateTime<Utc>,
    from_address: Option<String>,
    subject: Option<String>,
    text: String,
    html: Option<String>,
    left_out: i32,
    mail_message_id: Option<String>,
    in_reply_to: Option<String>,
    inbound_mail_id: Option<Uuid>,
    notification_id: Option<Uuid>,
    state: Option<String>,
}

const SELECT: &str = "SELECT m.id, m.application_id, m.direction, m.channel, m.actor_kind, m.actor_id, m.on_behalf_of, m.at,
    m.from_address, m.subject, m.text, m.html, m.left_out, m.mail_message_id, m.in_reply_to, m.inbound_mail_id, m.notification_id, n.state
    FROM message m LEFT JOIN notification n ON n.id = m.notification_id";

impl Ledger {
    /// In the order in which they were written.
    pub async fn messages(&self, application: ApplicationId, page: Page<MessageId>) -> Result<Vec<Message>, LedgerError> {
        let database = self.database();
        let query = format!("{SELECT} WHERE m.application_id = $1 AND m.id > $2 ORDER BY m.id LIMIT $3");
        let after = page.after.map_or(Uuid::nil(), MessageId::uuid);
        let values = [application.uuid().into(), after.into(), i64::try_from(page.limit).unwrap_or(i64::MAX).into()];
        let rows = database.reader().query_all_raw(Statement::from_sql_and_values(database.backend(), query, values)).await?;
        // One that cannot be read must not take the others along.
        let readable = |row: &sea_orm::QueryResult| {
            let message = Row::from_query_result(row, "").map_err(LedgerError::from).and_then(Message::try_from);
            message.inspect_err(|error| tracing::error!(%application, %error, "left out of a conversation")).ok()
        };
        Ok(rows.iter().filter_map(readable).collect())
    }

    pub async fn message(&self, id: MessageId) -> Result<Option<Message>, LedgerError> {
        let database = self.database();
        let statement = Statement::from_sql_and_values(database.backend(), format!("{SELECT} WHERE m.id = $1"), [id.uuid().into()]);
        let row = database.reader().query_one_raw(statement).await?;
        row.map(|row| Message::try_from(Row::from_query_result(&row, "")?)).transpose()
    }
}

impl TryFrom<Row> for Message {
    type Error = LedgerError;

    fn try_from(row: Row) -> Result<Self, LedgerError> {
        let Row {
            id,
            application_id,
            direction,
            channel,
            actor_kind,
            actor_id,
            on_behalf_of,
            at,
            from_address,
            subject,
            text,
            html,
            left_out,
            mail_message_id,
            in_reply_to,
            inbound_mail_id,
            notification_id,
            state,
        } = row;
        Ok(Self {
            id: id.into(),
            application: application_id.into(),
            direction: read(&direction)?,
            way: read(&channel)?,
            actor: Actor { kind: read(&actor_kind)?, id: actor_id, on_behalf_of },
            at,
            from_address,
            subject,
            text,
            html,
            left_out: u32::try_from(left_out).unwrap_or_default(),
            mail_message_id,
            in_reply_to,
            inbound_mail: inbound_mail_id.map(InboundMailId::from),
            notification: notification_id.map(NotificationId::from),
            state: state.as_deref().map(read).transpose()?,
        })
    }
}
