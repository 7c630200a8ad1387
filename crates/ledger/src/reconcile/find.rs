//! Finds applications that lack something that is owed. Reads only: what is found is looked at again under lock.

use hearback_domain::ids::ApplicationId;
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use uuid::Uuid;

use super::GRACE;
use crate::{Ledger, LedgerError};

/// A part of all applications, in the order of their ids.
pub(super) struct Part {
    pub(super) damaged: Vec<ApplicationId>,
    pub(super) seen: i64,
    pub(super) last: Uuid,
}

#[derive(FromQueryResult)]
struct Extent {
    seen: i64,
    last: Option<Uuid>,
}

const EXTENT: &str = "WITH part AS (SELECT id FROM application WHERE id > $1 ORDER BY id LIMIT $2)
    SELECT (SELECT count(*) FROM part) AS seen, (SELECT id FROM part ORDER BY id DESC LIMIT 1) AS last";

/// The statuses that end an application are also the kinds of the messages that say so. What belongs to an application is found by an index,
/// not by a range beside the one of applications: PostgreSQL takes a range of ids that is narrower than a hundredth of its table for a single
/// row, and would compare every row of the one with every row of the other. EXISTS behind OR would be answered by reading all of another table.
const DAMAGED: &str = "SELECT a.id FROM application a
        LEFT JOIN notification n ON n.application_id = a.id
        WHERE a.id > $1 AND a.id <= $2 GROUP BY a.id
        HAVING MAX(CASE WHEN n.kind = 'received' THEN 1 ELSE 0 END) = 0
        OR (a.status <> 'active' AND a.exemption IS NULL AND NOT (a.told_otherwise IS NOT NULL AND a.shown_status = a.status)
            AND MAX(CASE WHEN n.kind = a.status AND n.state <> 'cancelled' THEN 1 ELSE 0 END) = 0)
        OR (a.status = 'active' AND a.carried_by IS NULL AND (a.next_word_kind IS NULL OR a.next_word_by IS NULL OR (a.next_word_by < $3
            AND MAX(CASE WHEN n.state IN ('waiting', 'scheduled', 'sending', 'held') THEN 1 ELSE 0 END) = 0)))
        OR MAX(CASE WHEN n.state = 'sending' AND (n.wake_at < $4 OR n.wake_at > $5) THEN 1 ELSE 0 END) = 1
        OR (MAX(CASE WHEN n.state = 'waiting' THEN 1 ELSE 0 END) = 1
            AND MAX(CASE WHEN n.state IN ('scheduled', 'sending', 'held') THEN 1 ELSE 0 END) = 0)
    UNION SELECT n.application_id FROM notification n
        JOIN notification h ON h.application_id = n.application_id AND h.state = 'scheduled' AND h.id > n.id
        WHERE n.application_id > $1 AND n.application_id <= $2 AND n.state = 'waiting'
    UNION SELECT n.application_id FROM notification n LEFT JOIN event e ON e.application_id = n.application_id AND e.owes = n.id
        WHERE n.application_id > $1 AND n.application_id <= $2 AND n.state IN ('waiting', 'scheduled', 'sending', 'held') AND e.id IS NULL";

/// See `audit`, which looks for the same.
const OF_CONVERSATIONS: &str = "UNION SELECT a.id FROM message m JOIN application a ON a.id = m.application_id
        WHERE m.application_id > $1 AND m.application_id <= $2 AND m.direction = 'received' AND a.answer_by IS NULL AND a.erased_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM event x WHERE x.application_id = a.id AND x.kind = 'marked_as_answered' AND x.at >= m.at)
        AND NOT EXISTS (SELECT 1 FROM message s JOIN notification n ON n.id = s.notification_id WHERE s.application_id = a.id
            AND s.direction = 'sent' AND s.answers_until >= m.at AND n.state IN ('sent', 'bounced'))
    UNION SELECT m.application_id FROM message m JOIN application a ON a.id = m.application_id
        WHERE m.application_id > $1 AND m.application_id <= $2 AND m.direction = 'sent' AND m.notification_id IS NULL
        AND a.erased_at IS NULL";

/// See `audit`, which looks for the same.
const LOST: &str =
    "UNION SELECT e.application_id FROM event e WHERE e.application_id > $1 AND e.application_id <= $2 AND e.owes IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM notification n WHERE n.id = e.owes) ORDER BY 1";

const EVENTS_WITHOUT_MESSAGE: &str = "SELECT DISTINCT e.application_id AS id FROM event e
    WHERE e.id >= $1 AND e.id < $2 AND e.owes IS NOT NULL AND NOT EXISTS (SELECT 1 FROM notification n WHERE n.id = e.owes)
    LIMIT $3";

fn damaged() -> String {
    format!("{DAMAGED} {OF_CONVERSATIONS} {LOST}")
}

impl Ledger {
    /// `None` behind the last.
    pub(super) async fn damaged_after(&self, after: Uuid, most: i64) -> Result<Option<Part>, LedgerError> {
        let database = self.database();
        let extent = Statement::from_sql_and_values(database.backend(), EXTENT, [after.into(), most.into()]);
        let extent = database.reader().query_one_raw(extent).await?.map(|row| Extent::from_query_result(&row, "")).transpose()?;
        let Some(Extent { seen, last: Some(last) }) = extent else { return Ok(None) };
        let now = self.clock().now();
        let (earliest, latest) = self.believable_leases(now).await?;
        let values = [after.into(), last.into(), (now - GRACE).into(), earliest.into(), latest.into()];
        let damaged = self.applications_of(Statement::from_sql_and_values(database.backend(), damaged(), values)).await?;
        Ok(Some(Part { damaged, seen, last }))
    }

    pub(super) async fn events_without_message(&self, from: Uuid, until: Uuid, most: usize) -> Result<Vec<ApplicationId>, LedgerError> {
        let values = [from.into(), until.into(), i64::try_from(most).unwrap_or(i64::MAX).into()];
        self.applications_of(Statement::from_sql_and_values(self.database().backend(), EVENTS_WITHOUT_MESSAGE, values)).await
    }

    async fn applications_of(&self, statement: Statement) -> Result<Vec<ApplicationId>, LedgerError> {
        let rows = self.database().reader().query_all_raw(statement).await?;
        rows.iter().map(|row| Ok(row.try_get::<Uuid>("", "id")?.into())).collect()
    }
}
