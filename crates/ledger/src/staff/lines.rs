//! What a mail to a person tells, read when the mail is made: as things stand now.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use hearback_domain::{
    application::Status,
    ids::{ApplicationId, NotificationId},
    notification::{Kind, State},
    staff::{Cause, Digest, Waiting, Waits},
};
use sea_orm::{ConnectionTrait, FromQueryResult, QueryResult, Statement};
use uuid::Uuid;

use crate::{
    Ledger, LedgerError,
    decode::decoded,
    rows::{Column, Rows},
};

/// One message to an applicant that needs a person.
#[derive(Clone, PartialEq, Eq)]
pub struct StaffLine {
    pub cause: Cause,
    pub notification: NotificationId,
    pub application: ApplicationId,
    pub applicant_name: String,
    pub job_title: String,
    pub kind: Kind,
    /// As it stands now.
    pub state: State,
    /// When it was first to go.
    pub send_after: DateTime<Utc>,
    /// Why it is held, or what the relay answered last.
    pub reason: Option<String>,
}

/// One application that nobody decides about.
#[derive(Clone, PartialEq, Eq)]
pub struct UndecidedLine {
    pub cause: Cause,
    pub application: ApplicationId,
    pub applicant_name: String,
    pub job_title: String,
    /// As it stands now.
    pub status: Status,
    /// When the decision is due.
    pub due_at: DateTime<Utc>,
}

/// Everybody who waits for one person, as they did when the day's digest was made.
#[derive(Clone, PartialEq, Eq)]
pub struct StaffDigest {
    pub counts: BTreeMap<Waits, u64>,
    /// Whoever has waited longest first.
    pub lines: Vec<StaffDigestLine>,
}

#[derive(Clone, PartialEq, Eq)]
pub struct StaffDigestLine {
    pub waiting: Waiting,
    pub applicant_name: String,
    pub job_title: String,
}

impl StaffDigest {
    pub fn count(&self) -> u64 {
        self.counts.values().sum()
    }
}

/// As many as a person reads.
const LINES: i64 = Digest::SHOWN as i64;

#[derive(FromQueryResult)]
struct LineRow {
    cause: String,
    id: Uuid,
    application_id: Uuid,
    name: String,
    title: String,
    kind: String,
    state: String,
    send_after: DateTime<Utc>,
    hold_reason: Option<String>,
    failed_for: Option<String>,
}

const LINES_OF: &str = "SELECT c.cause, n.id, n.application_id, a.name, j.title, n.kind, n.state, n.send_after, n.hold_reason,
    (SELECT t.reason FROM try t WHERE t.notification_id = n.id ORDER BY t.id DESC LIMIT 1) AS failed_for
    FROM staff_cause c JOIN notification n ON n.id = c.notification_id JOIN application a ON a.id = n.application_id
    JOIN job j ON j.id = a.job_id WHERE c.staff_mail_id = $1 ORDER BY c.id LIMIT $2";

const COUNT: &str = "SELECT count(*) AS causes FROM staff_cause WHERE staff_mail_id = $1";

const UNDECIDED_OF: &str = "SELECT c.cause, a.id, a.name, j.title, a.status, c.due_at
    FROM staff_cause c JOIN application a ON a.id = c.application_id JOIN job j ON j.id = a.job_id
    WHERE c.staff_mail_id = $1 ORDER BY c.id LIMIT $2";

const DIGEST_OF: &str = "SELECT content FROM staff_digest WHERE staff_mail_id = $1";

const NAMES: &str = "SELECT a.id, a.name, j.title FROM application a JOIN job j ON j.id = a.job_id WHERE a.id IN (SELECT v.id FROM v)";

impl Ledger {
    /// A line that cannot be read counts, and is not shown.
    pub(super) async fn staff_lines(&self, mail: Uuid) -> Result<Vec<StaffLine>, LedgerError> {
        let rows = self.rows_of(LINES_OF, mail).await?;
        Ok(readable(&rows, |row| StaffLine::try_from(LineRow::from_query_result(row, "")?)))
    }

    pub(super) async fn undecided_lines(&self, mail: Uuid) -> Result<Vec<UndecidedLine>, LedgerError> {
        let rows = self.rows_of(UNDECIDED_OF, mail).await?;
        Ok(readable(&rows, UndecidedLine::read))
    }

    pub(super) async fn count_causes(&self, mail: Uuid) -> Result<u64, LedgerError> {
        let database = self.database();
        let count = database.reader().query_one_raw(Statement::from_sql_and_values(database.backend(), COUNT, [mail.into()])).await?;
        let count: i64 = count.map(|row| row.try_get("", "causes")).transpose()?.unwrap_or_default();
        Ok(u64::try_from(count).unwrap_or_default())
    }

    pub(super) async fn digest_of(&self, mail: Uuid) -> Result<StaffDigest, LedgerError> {
        let unreadable = |error: &dyn std::fmt::Display| LedgerError::unreadable("staff_digest", error);
        let database = self.database();
        let row = database.reader().query_one_raw(Statement::from_sql_and_values(database.backend(), DIGEST_OF, [mail.into()])).await?;
        let content: String = row.ok_or_else(|| unreadable(&"it is not there"))?.try_get("", "content")?;
        let Digest { counts, longest } = serde_json::from_str(&content).map_err(|error| unreadable(&error))?;
        let rows = Rows::new([Column::Uuid("id")], longest.iter().map(|waiting| [waiting.application.uuid().into()]));
        let mut names: HashMap<ApplicationId, (String, String)> = HashMap::new();
        if !rows.is_empty() {
            for row in database.reader().query_all_raw(rows.statement(database.backend(), NAMES)).await? {
                names.insert(row.try_get::<Uuid>("", "id")?.into(), (row.try_get("", "name")?, row.try_get("", "title")?));
            }
        }
        // Whoever is gone by now counts, and is not shown.
        let line = |waiting: Waiting| {
            let (applicant_name, job_title) = names.remove(&waiting.application)?;
            Some(StaffDigestLine { waiting, applicant_name, job_title })
        };
        Ok(StaffDigest { counts, lines: longest.into_iter().filter_map(line).collect() })
    }

    async fn rows_of(&self, query: &str, mail: Uuid) -> Result<Vec<QueryResult>, LedgerError> {
        let database = self.database();
        let statement = Statement::from_sql_and_values(database.backend(), query, [mail.into(), LINES.into()]);
        Ok(database.reader().query_all_raw(statement).await?)
    }
}

fn readable<T>(rows: &[QueryResult], read: impl Fn(&QueryResult) -> Result<T, LedgerError>) -> Vec<T> {
    let read = |row: &QueryResult| {
        decoded("notification", || read(row)).inspect_err(|error| tracing::error!(error, "left out of a mail to a person")).ok()
    };
    rows.iter().filter_map(read).collect()
}

impl UndecidedLine {
    fn read(row: &QueryResult) -> Result<Self, LedgerError> {
        let word = |error| LedgerError::unreadable("application", error);
        Ok(Self {
            cause: row.try_get::<String>("", "cause")?.parse().map_err(word)?,
            application: row.try_get::<Uuid>("", "id")?.into(),
            applicant_name: row.try_get("", "name")?,
            job_title: row.try_get("", "title")?,
            status: row.try_get::<String>("", "status")?.parse().map_err(word)?,
            due_at: row.try_get("", "due_at")?,
        })
    }
}

impl TryFrom<LineRow> for StaffLine {
    type Error = LedgerError;

    fn try_from(row: LineRow) -> Result<Self, LedgerError> {
        let LineRow { cause, id, application_id, name, title, kind, state, send_after, hold_reason, failed_for } = row;
        let word = |error| LedgerError::unreadable("notification", error);
        Ok(Self {
            cause: cause.parse().map_err(word)?,
            notification: id.into(),
            application: application_id.into(),
            applicant_name: name,
            job_title: title,
            kind: kind.parse().map_err(word)?,
            state: state.parse().map_err(word)?,
            send_after,
            reason: hold_reason.or(failed_for),
        })
    }
}
