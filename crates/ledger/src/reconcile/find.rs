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

/// The statuses that end an application are also the kinds of the messages that say so.
const DAMAGED: &str = "SELECT a.id FROM application a WHERE a.id > $1 AND a.id <= $2 AND (
    NOT EXISTS (SELECT 1 FROM notification n WHERE n.application_id = a.id AND n.kind = 'received')
    OR (a.status <> 'active' AND a.exemption IS NULL AND NOT (a.told_otherwise IS NOT NULL AND a.shown_status = a.status)
        AND NOT EXISTS (SELECT 1 FROM notification n WHERE n.application_id = a.id AND n.kind = a.status AND n.state <> 'cancelled'))
    OR (a.status = 'active' AND a.carried_by IS NULL AND (a.next_word_kind IS NULL OR a.next_word_by IS NULL OR (a.next_word_by < $3
        AND NOT EXISTS (SELECT 1 FROM notification n WHERE n.application_id = a.id AND n.state IN ('waiting', 'scheduled', 'sending', 'held')))))
    OR EXISTS (SELECT 1 FROM event e WHERE e.application_id = a.id AND e.owes IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM notification n WHERE n.id = e.owes))
    OR EXISTS (SELECT 1 FROM notification n WHERE n.application_id = a.id AND n.state IN ('waiting', 'scheduled', 'sending', 'held')
        AND ((n.state = 'sending' AND (n.wake_at < $4 OR n.wake_at > $5))
            OR (n.state = 'waiting' AND NOT EXISTS (SELECT 1 FROM notification h WHERE h.application_id = a.id
                AND (h.state IN ('sending', 'held') OR (h.state = 'scheduled' AND h.id < n.id))))
            OR NOT EXISTS (SELECT 1 FROM event e WHERE e.application_id = a.id AND e.owes = n.id))))
    ORDER BY a.id";

const EVENTS_WITHOUT_MESSAGE: &str = "SELECT DISTINCT e.application_id AS id FROM event e
    WHERE e.id >= $1 AND e.id < $2 AND e.owes IS NOT NULL AND NOT EXISTS (SELECT 1 FROM notification n WHERE n.id = e.owes)
    LIMIT $3";

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
        let damaged = self.applications_of(Statement::from_sql_and_values(database.backend(), DAMAGED, values)).await?;
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
