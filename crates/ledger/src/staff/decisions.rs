//! Nobody decides: the owner of the job hears of it, then their manager, before the applicant does.

use chrono::TimeDelta;
use hearback_domain::{actor::Actor, event::EventKind, ids::ApplicationId, promise::Happening};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;
use uuid::Uuid;

use crate::{
    Ledger, LedgerError,
    change::{Change, Rejected, change},
    periodic::Done,
};

/// One transaction's worth.
const AT_ONCE: i64 = 500;

/// An alert is this much later at most.
const EVERY: TimeDelta = TimeDelta::seconds(10);

/// In words, not parameters: the partial index serves a statement only where its conditions stand in the text.
const DUE: &str = "SELECT id FROM application WHERE status = 'active' AND carried_by IS NULL AND decide_alert_at IS NOT NULL
    AND decide_alert_at <= $1 ORDER BY decide_alert_at LIMIT $2";

impl Ledger {
    /// Puts the alerts on record and the next rung with them, in one transaction; the mails are owed from that record.
    pub(crate) async fn alert_of_due_decisions(&self) -> Result<Done, LedgerError> {
        let database = self.database();
        let values = [self.now().into(), AT_ONCE.into()];
        let rows = database.reader().query_all_raw(Statement::from_sql_and_values(database.backend(), DUE, values)).await?;
        let id = |row: &sea_orm::QueryResult| row.try_get::<Uuid>("", "id").map(ApplicationId::from);
        let due: Vec<ApplicationId> = rows.iter().map(id).collect::<Result<_, _>>()?;
        let (happening, event, rejected) = (Happening::DecisionDue, EventKind::DecisionDue, Rejected::Unchanged);
        let actor = Actor::system("decide_within");
        let changed = change(self, &due, &Change { happening, event, data: json!({}), rejected, actor: &actor }).await?;
        // One that cannot be read stays due: it must not make this come round without a pause.
        let done = changed.iter().filter(|changed| changed.result.is_ok()).count();
        let again_in = if due.len() as i64 == AT_ONCE && done > 0 { TimeDelta::zero() } else { EVERY };
        Ok(Done { progress: json!({}), again_in })
    }
}

#[cfg(test)]
mod tests;
