//! Who waits for a word that should be there, whoever's fault it is: longest first.

use chrono::{DateTime, Utc};
use hearback_domain::{
    ids::{ApplicationId, JobId, NotificationId},
    notification::{Kind, State},
};
use sea_orm::{ConnectionTrait, QueryResult, Statement, Value};
use uuid::Uuid;

use super::ReportFilter;
use crate::{Ledger, LedgerError, decode::decoded};

/// One applicant in silence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silent {
    pub application: ApplicationId,
    pub job: JobId,
    pub job_title: String,
    /// When they were last told anything, or applied.
    pub since: DateTime<Utc>,
    /// When the missing word was due.
    pub due_at: DateTime<Utc>,
    pub why: InSilence,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InSilence {
    /// A message is owed, and it is not out.
    Message { id: NotificationId, kind: Kind, state: State },
    /// The date of the next word has passed, and no message is owed: reconciling owes it.
    NoWord(Kind),
}

/// The last that was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SilenceCursor {
    pub since: DateTime<Utc>,
    pub application: ApplicationId,
}

/// The indexes that serve the parts are found by these very words. A message that was refused or came back leaves silence only as long as
/// nothing reached the applicant after it, and no person saw to it.
const MESSAGES: &str = "
    SELECT n.application_id AS aid, n.id AS message, n.kind, n.state, n.due_at FROM notification n
        WHERE n.state IN ('scheduled', 'sending') AND n.due_at < $1
    UNION ALL SELECT n.application_id, n.id, n.kind, n.state, n.due_at FROM notification n
        WHERE n.state NOT IN ('scheduled', 'sending') AND n.state = 'waiting' AND n.due_at < $1
    UNION ALL SELECT n.application_id, n.id, n.kind, n.state, n.due_at FROM notification n
        WHERE n.state NOT IN ('scheduled', 'sending') AND n.state = 'held'
    UNION ALL SELECT n.application_id, n.id, n.kind, n.state, n.due_at FROM notification n JOIN application b ON b.id = n.application_id
        WHERE n.state IN ('undeliverable', 'bounced') AND (b.told_at IS NULL OR b.told_at <= n.settled_at)
        AND NOT EXISTS (SELECT 1 FROM event e WHERE e.application_id = n.application_id
            AND e.kind IN ('told_otherwise', 'address_corrected') AND e.at >= n.settled_at)
    UNION ALL SELECT b.id, NULL, b.next_word_kind, 'none', b.next_word_by FROM application b
        WHERE b.status = 'active' AND b.carried_by IS NULL AND b.next_word_by < $1
        AND NOT EXISTS (SELECT 1 FROM notification n WHERE n.application_id = b.id AND n.state IN ('scheduled', 'sending', 'held'))";

impl Ledger {
    /// Up to `limit` of them after `after`, each applicant once: with the word that has been due for longest.
    pub async fn in_silence(&self, filter: &ReportFilter, after: Option<SilenceCursor>, limit: u64) -> Result<Vec<Silent>, LedgerError> {
        let mut values: Vec<Value> = vec![self.now().into(), i64::try_from(limit).unwrap_or(i64::MAX).into()];
        let mut conditions = format!("a.is_test = {}", filter.is_test);
        let mut add = |condition: &str, more: Vec<Value>| {
            let mut condition = condition.to_owned();
            for value in more {
                values.push(value);
                condition = condition.replacen('?', &format!("${}", values.len()), 1);
            }
            conditions.push_str(" AND ");
            conditions.push_str(&condition);
        };
        if let Some(job) = filter.job {
            add("a.job_id = ?", vec![job.uuid().into()]);
        }
        if let Some(board) = filter.board {
            add("j.board_id = ?", vec![board.uuid().into()]);
        }
        if let Some(from) = filter.from {
            add("a.received_at >= ?", vec![from.into()]);
        }
        if let Some(until) = filter.until {
            add("a.received_at < ?", vec![until.into()]);
        }
        if let Some(SilenceCursor { since, application }) = after {
            add("(COALESCE(a.told_at, a.received_at), a.id) > (?, ?)", vec![since.into(), application.uuid().into()]);
        }
        let sql = format!(
            "SELECT id, job_id, title, since, message, kind, state, due_at FROM (
                SELECT a.id, a.job_id, j.title, COALESCE(a.told_at, a.received_at) AS since, m.message, m.kind, m.state, m.due_at,
                    row_number() OVER (PARTITION BY a.id ORDER BY m.due_at, m.message) AS place
                FROM ({MESSAGES}) m JOIN application a ON a.id = m.aid JOIN job j ON j.id = a.job_id WHERE {conditions}
            ) silent WHERE place = 1 ORDER BY since, id LIMIT $2"
        );
        let database = self.database();
        let rows = database.reader().query_all_raw(Statement::from_sql_and_values(database.backend(), sql, values)).await?;
        // One that cannot be read must not take the list along.
        let read = |row: &QueryResult| {
            decoded("application", || Silent::read(row))
                .inspect_err(|error| tracing::error!(error, "an applicant is left out of a list"))
                .ok()
        };
        Ok(rows.iter().filter_map(read).collect())
    }
}

impl Silent {
    fn read(row: &QueryResult) -> Result<Self, LedgerError> {
        let unreadable = |error| LedgerError::unreadable("notification", error);
        let kind: Kind = row.try_get::<String>("", "kind")?.parse().map_err(unreadable)?;
        let why = match row.try_get::<Option<Uuid>>("", "message")? {
            Some(id) => InSilence::Message { id: id.into(), kind, state: row.try_get::<String>("", "state")?.parse().map_err(unreadable)? },
            None => InSilence::NoWord(kind),
        };
        Ok(Self {
            application: row.try_get::<Uuid>("", "id")?.into(),
            job: row.try_get::<Uuid>("", "job_id")?.into(),
            job_title: row.try_get("", "title")?,
            since: row.try_get("", "since")?,
            due_at: row.try_get("", "due_at")?,
            why,
        })
    }
}
