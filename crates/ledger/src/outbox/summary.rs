//! The outbox at a glance.

use chrono::{DateTime, Utc};
use hearback_domain::notification::State;
use sea_orm::{ConnectionTrait, Statement};

use super::{
    Pause,
    list::{UNSETTLED, indexed},
};
use crate::{Ledger, LedgerError};

/// How much there is, and whether it goes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxSummary {
    pub pause: Option<Pause>,
    /// Of every state that is neither sent nor cancelled. Those two only grow, and counting them would read everything on record.
    pub counts: Vec<(State, u64)>,
    /// The earliest promise that is not kept yet.
    pub oldest_due: Option<DateTime<Utc>>,
}

impl OutboxSummary {
    pub fn count(&self, state: State) -> u64 {
        self.counts.iter().find(|(counted, _)| *counted == state).map_or(0, |(_, count)| *count)
    }
}

impl Ledger {
    pub async fn outbox_summary(&self) -> Result<OutboxSummary, LedgerError> {
        let database = self.database();
        let (mut counts, mut oldest_due) = (Vec::with_capacity(UNSETTLED.len()), None);
        for state in UNSETTLED {
            let count = format!(
                "SELECT count(*) AS messages, min(n.due_at) AS oldest FROM notification n WHERE {} AND n.state = '{state}'",
                indexed(state)
            );
            let Some(row) = database.reader().query_one_raw(Statement::from_string(database.backend(), count)).await? else { continue };
            counts.push((state, u64::try_from(row.try_get::<i64>("", "messages")?).unwrap_or_default()));
            let oldest: Option<DateTime<Utc>> = row.try_get("", "oldest")?;
            if state.is_open() {
                oldest_due = [oldest_due, oldest].into_iter().flatten().min();
            }
        }
        Ok(OutboxSummary { pause: self.outbox_pause().await?, counts, oldest_due })
    }
}
