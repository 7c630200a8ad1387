//! Silence always has an end: applications whose next word has come due are told it.

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
const AT_ONCE: u32 = 500;

/// A date is kept to within this.
const EVERY: TimeDelta = TimeDelta::seconds(10);

/// In words, not parameters: the partial index serves a statement only where its conditions stand in the text.
const DUE: &str = "SELECT id FROM application
    WHERE status = 'active' AND carried_by IS NULL AND next_word_kind <> 'received'
    AND (CASE WHEN next_word_at < next_word_by THEN next_word_at ELSE next_word_by END) <= $1
    ORDER BY (CASE WHEN next_word_at < next_word_by THEN next_word_at ELSE next_word_by END) LIMIT $2";

impl Ledger {
    /// One part of those that are due; the rest follows at once.
    pub(crate) async fn tell_due_next_words(&self) -> Result<Done, LedgerError> {
        let due = self.tell_next_words(AT_ONCE).await?;
        let again_in = if due == AT_ONCE as usize { TimeDelta::zero() } else { EVERY };
        Ok(Done { progress: json!({}), again_in })
    }

    /// Owes a holding note to those who have waited longest, at most `limit` of them, and sets the following date. Returns how many
    /// applications were due.
    pub(crate) async fn tell_next_words(&self, limit: u32) -> Result<usize, LedgerError> {
        let database = self.database();
        let values = [self.clock().now().into(), i64::from(limit).into()];
        let rows = database.reader().query_all_raw(Statement::from_sql_and_values(database.backend(), DUE, values)).await?;
        let id = |row: &sea_orm::QueryResult| row.try_get::<Uuid>("", "id").map(ApplicationId::from);
        let due: Vec<ApplicationId> = rows.iter().map(id).collect::<Result<_, _>>()?;
        let (happening, event, rejected) = (Happening::NextWordDue, EventKind::NextWordDue, Rejected::Unchanged);
        let actor = Actor::system("update_every");
        change(self, &due, &Change { happening, event, data: json!({}), rejected, actor: &actor }).await?;
        Ok(due.len())
    }
}

#[cfg(test)]
mod tests;
