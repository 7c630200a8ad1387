//! What a mail about a conversation tells, read when it is sent: what was written until then is in it.

use chrono::{DateTime, Utc};
use hearback_domain::{
    EmailAddress,
    conversation::Way,
    ids::{ApplicationId, StaffMailId},
    staff::{Occasion, Stray},
};
use sea_orm::{ConnectionTrait, FromQueryResult, QueryResult, Statement, Value};
use uuid::Uuid;

use crate::{Ledger, LedgerError, decode::decoded, standing::read};

/// What a mail to a person says of a conversation.
#[derive(Clone, PartialEq, Eq)]
pub enum StaffConversation {
    /// An applicant wrote, or waits for longer than promised.
    With(Box<Told>),
    /// Mail that fits no conversation, the oldest first, and not all of it if it is much.
    Stray { mails: Vec<ToldStray>, count: u64 },
}

/// One conversation.
#[derive(Clone, PartialEq, Eq)]
pub struct Told {
    pub application: ApplicationId,
    pub is_late: bool,
    pub applicant_name: String,
    pub applicant_email: EmailAddress,
    pub job_title: String,
    pub answer_by: Option<DateTime<Utc>>,
    /// The oldest first, and not all of them if they are many.
    pub messages: Vec<ToldMessage>,
    pub count: u64,
    /// Message-IDs of the mails before this one between us and this person's organisation, the oldest first, in angle brackets or
    /// as the id of a mail of ours.
    pub thread: Vec<InThread>,
}

/// A mail of the thread among the organisation's own people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InThread {
    Ours(StaffMailId),
    Theirs(String),
}

/// What the applicant wrote.
#[derive(Clone, PartialEq, Eq)]
pub struct ToldMessage {
    pub at: DateTime<Utc>,
    pub way: Way,
    pub from: Option<String>,
    pub text: String,
    /// Names of the files that came with it.
    pub files: Vec<String>,
    pub left_out: u32,
}

/// A mail that fits no conversation.
#[derive(Clone, PartialEq, Eq)]
pub struct ToldStray {
    pub why: Stray,
    pub at: DateTime<Utc>,
    pub sender: Option<String>,
    pub subject: Option<String>,
    pub words: String,
    pub guess: Option<Guess>,
}

/// Whose it may be.
#[derive(Clone, PartialEq, Eq)]
pub struct Guess {
    pub application: ApplicationId,
    pub applicant_name: String,
    pub job_title: String,
}

/// Debug output ends in logs, where names and texts must not.
impl std::fmt::Debug for StaffConversation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::With(told) => f.debug_struct("With").field("application", &told.application).finish_non_exhaustive(),
            Self::Stray { count, .. } => f.debug_struct("Stray").field("count", count).finish_non_exhaustive(),
        }
    }
}

/// As many as a person reads, and as much of each.
const MOST: i64 = 20;
const MOST_TEXT: usize = 8_000;
/// References beyond these say nothing that the first and the last ones do not.
const MOST_THREAD: i64 = 20;

const CONVERSATION: &str = "SELECT a.id, a.name, a.email, a.answer_by, a.answer_since, j.title FROM application a
    JOIN job j ON j.id = a.job_id WHERE a.id = $1";

const MESSAGES: &str = "SELECT id, at, channel, from_address, text, left_out FROM message WHERE staff_mail_id = $1 ORDER BY id LIMIT $2";

/// For an alarm: the last that the applicant wrote.
const LAST_MESSAGES: &str = "SELECT id, at, channel, from_address, text, left_out FROM message
    WHERE application_id = $1 AND direction = 'received' ORDER BY id DESC LIMIT 1";

const COUNT: &str = "SELECT count(*) AS messages FROM message WHERE staff_mail_id = $1";

const FILES: &str = "SELECT file_name FROM attachment WHERE message_id = $1 ORDER BY id LIMIT 20";

const THREAD: &str = "SELECT id, mail_message_id FROM (
        SELECT id, CAST(NULL AS text) AS mail_message_id FROM staff_mail WHERE application_id = $1 AND id < $2 AND state = 'sent'
        UNION ALL SELECT id, mail_message_id FROM message
            WHERE application_id = $1 AND id < $2 AND direction = 'sent' AND mail_message_id IS NOT NULL
    ) AS before ORDER BY id DESC LIMIT $3";

const STRAYS: &str = "SELECT i.stray, i.received_at, i.sender, i.subject, i.words, a.id AS application_id, a.name, j.title
    FROM inbound_mail i LEFT JOIN application a ON a.id = i.guess_id LEFT JOIN job j ON j.id = a.job_id
    WHERE i.staff_mail_id = $1 ORDER BY i.id LIMIT $2";

const COUNT_STRAYS: &str = "SELECT count(*) AS messages FROM inbound_mail WHERE staff_mail_id = $1";

#[derive(FromQueryResult)]
struct Row {
    id: Uuid,
    name: String,
    email: String,
    answer_by: Option<DateTime<Utc>>,
    title: String,
}

#[derive(FromQueryResult)]
struct MessageRow {
    id: Uuid,
    at: DateTime<Utc>,
    channel: String,
    from_address: Option<String>,
    text: String,
    left_out: i32,
}

#[derive(FromQueryResult)]
struct StrayRow {
    stray: Option<String>,
    received_at: DateTime<Utc>,
    sender: Option<String>,
    subject: Option<String>,
    words: Option<String>,
    application_id: Option<Uuid>,
    name: Option<String>,
    title: Option<String>,
}

impl Ledger {
    /// `None` for a mail of another sort.
    pub(super) async fn conversation_of(
        &self,
        mail: Uuid,
        application: Option<Uuid>,
        occasion: Option<&str>,
    ) -> Result<Option<StaffConversation>, LedgerError> {
        let Some(occasion) = occasion else { return Ok(None) };
        let occasion: Occasion = occasion.parse().map_err(|error| LedgerError::unreadable("staff_mail", error))?;
        let is_late = match occasion {
            Occasion::Stray => return Ok(Some(self.strays_of(mail).await?)),
            Occasion::Wrote => false,
            Occasion::Late => true,
        };
        let application = application.ok_or_else(|| LedgerError::unreadable("staff_mail", "it names no application"))?;
        let row = self.conversation_rows(CONVERSATION, vec![application.into()]).await?;
        let row = row.first().ok_or_else(|| LedgerError::unreadable("staff_mail", "its application is gone"))?;
        let Row { id, name, email, answer_by, title } = Row::from_query_result(row, "")?;
        let rows = match occasion {
            Occasion::Late => self.conversation_rows(LAST_MESSAGES, vec![application.into()]).await?,
            Occasion::Wrote | Occasion::Stray => self.conversation_rows(MESSAGES, vec![mail.into(), MOST.into()]).await?,
        };
        let mut messages = Vec::with_capacity(rows.len());
        for row in &rows {
            messages.push(self.told_message(row).await?);
        }
        let count = match occasion {
            Occasion::Late => messages.len() as u64,
            Occasion::Wrote | Occasion::Stray => self.counted(COUNT, mail).await?,
        };
        Ok(Some(StaffConversation::With(Box::new(Told {
            application: id.into(),
            is_late,
            applicant_name: name,
            applicant_email: read(&email)?,
            job_title: title,
            answer_by,
            messages,
            count,
            thread: self.thread_before(application, mail).await?,
        }))))
    }

    async fn told_message(&self, row: &QueryResult) -> Result<ToldMessage, LedgerError> {
        let MessageRow { id, at, channel, from_address, text, left_out } = MessageRow::from_query_result(row, "")?;
        let files = self.conversation_rows(FILES, vec![id.into()]).await?;
        let files = files.iter().map(|row| row.try_get("", "file_name")).collect::<Result<_, _>>()?;
        let text = text.chars().take(MOST_TEXT).collect();
        Ok(ToldMessage { at, way: read(&channel)?, from: from_address, text, files, left_out: u32::try_from(left_out).unwrap_or_default() })
    }

    async fn thread_before(&self, application: Uuid, mail: Uuid) -> Result<Vec<InThread>, LedgerError> {
        let rows = self.conversation_rows(THREAD, vec![application.into(), mail.into(), MOST_THREAD.into()]).await?;
        let one = |row: &QueryResult| -> Result<InThread, LedgerError> {
            let (id, theirs): (Uuid, Option<String>) = (row.try_get("", "id")?, row.try_get("", "mail_message_id")?);
            Ok(theirs.map_or_else(|| InThread::Ours(id.into()), InThread::Theirs))
        };
        rows.iter().rev().map(one).collect()
    }

    async fn strays_of(&self, mail: Uuid) -> Result<StaffConversation, LedgerError> {
        let rows = self.conversation_rows(STRAYS, vec![mail.into(), MOST.into()]).await?;
        let one = |row: &QueryResult| {
            let stray = decoded("inbound_mail", || ToldStray::try_from(StrayRow::from_query_result(row, "")?));
            stray.inspect_err(|error| tracing::error!(error, "left out of a mail to a person")).ok()
        };
        Ok(StaffConversation::Stray { mails: rows.iter().filter_map(one).collect(), count: self.counted(COUNT_STRAYS, mail).await? })
    }

    async fn counted(&self, query: &str, mail: Uuid) -> Result<u64, LedgerError> {
        let rows = self.conversation_rows(query, vec![mail.into()]).await?;
        let count: i64 = rows.first().map(|row| row.try_get("", "messages")).transpose()?.unwrap_or_default();
        Ok(u64::try_from(count).unwrap_or_default())
    }

    async fn conversation_rows(&self, query: &str, values: Vec<Value>) -> Result<Vec<QueryResult>, LedgerError> {
        let database = self.database();
        Ok(database.reader().query_all_raw(Statement::from_sql_and_values(database.backend(), query, values)).await?)
    }
}

impl TryFrom<StrayRow> for ToldStray {
    type Error = LedgerError;

    fn try_from(row: StrayRow) -> Result<Self, LedgerError> {
        let StrayRow { stray, received_at, sender, subject, words, application_id, name, title } = row;
        let guess = match (application_id, name, title) {
            (Some(application), Some(applicant_name), Some(job_title)) => {
                Some(Guess { application: application.into(), applicant_name, job_title })
            }
            _ => None,
        };
        let why =
            stray.as_deref().map_or(Ok(Stray::Unknown), str::parse).map_err(|error| LedgerError::unreadable("inbound_mail", error))?;
        Ok(Self { why, at: received_at, sender, subject, words: words.unwrap_or_default(), guess })
    }
}
