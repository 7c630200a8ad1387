//! What is in the outbox.

use chrono::{DateTime, Utc};
use hearback_domain::{
    ids::{BoardId, JobId, NotificationId},
    notification::{Kind, State},
};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value};

use super::{
    OutboxItem,
    item::{ItemRow, select_items},
};
use crate::{Ledger, LedgerError, Page, decode::decoded};

/// Which messages a list shows; each condition narrows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutboxFilter {
    /// Without one: all that are neither sent nor cancelled.
    pub state: Option<State>,
    pub kind: Option<Kind>,
    pub board: Option<BoardId>,
    pub job: Option<JobId>,
    pub is_test: Option<bool>,
}

/// What a person may still have to do with.
pub(super) const UNSETTLED: [State; 6] =
    [State::Waiting, State::Scheduled, State::Sending, State::Held, State::Undeliverable, State::Bounced];

/// The index that serves a state is found by these very words.
pub(super) const fn indexed(state: State) -> &'static str {
    match state {
        State::Scheduled | State::Sending => "n.state IN ('scheduled', 'sending')",
        State::Waiting | State::Held | State::Sent | State::Bounced | State::Undeliverable | State::Cancelled => {
            "n.state NOT IN ('scheduled', 'sending')"
        }
    }
}

impl Ledger {
    /// The one that is due last comes first; `page.after` is the last that was already seen.
    pub async fn outbox(&self, filter: &OutboxFilter, page: Page<NotificationId>) -> Result<Vec<OutboxItem>, LedgerError> {
        let mut values: Vec<Value> = vec![i64::try_from(page.limit).unwrap_or(i64::MAX).into()];
        let mut conditions = self.narrowed(filter, &mut values);
        if let Some(after) = page.after {
            // A due date never moves, so the place of what was seen last does not either.
            let Some(due_at) = self.due_date(after).await? else { return Ok(Vec::new()) };
            values.extend([due_at.into(), after.uuid().into()]);
            conditions.push_str(&format!(" AND (n.due_at, n.id) < (${}, ${})", values.len() - 1, values.len()));
        }
        let of_state = |state: &State| {
            format!(
                "SELECT * FROM (SELECT n.id, n.due_at FROM notification n WHERE {} AND n.state = '{state}'{conditions}
                ORDER BY n.due_at DESC, n.id DESC LIMIT $1) AS {state}",
                indexed(*state)
            )
        };
        let states = filter.state.map_or_else(|| UNSETTLED.to_vec(), |state| vec![state]);
        let parts = states.iter().map(of_state).collect::<Vec<_>>().join(" UNION ALL ");
        let picked = format!("SELECT id FROM ({parts}) AS parts ORDER BY due_at DESC, id DESC LIMIT $1");
        let all = format!("{} ORDER BY n.due_at DESC, n.id DESC", select_items(&picked));
        let database = self.database();
        let rows = database.reader().query_all_raw(Statement::from_sql_and_values(database.backend(), all, values)).await?;
        // One that cannot be read must not take the list along.
        let read = |row: &sea_orm::QueryResult| {
            let item = decoded("notification", || OutboxItem::try_from(ItemRow::from_query_result(row, "")?));
            item.inspect_err(|error| tracing::error!(error, "a message is left out of a list")).ok()
        };
        Ok(rows.iter().filter_map(read).collect())
    }

    fn narrowed(&self, filter: &OutboxFilter, values: &mut Vec<Value>) -> String {
        let OutboxFilter { state: _, kind, board, job, is_test } = filter;
        let mut conditions = String::new();
        if let Some(kind) = kind {
            conditions.push_str(&format!(" AND n.kind = '{kind}'"));
        }
        if board.is_none() && job.is_none() && is_test.is_none() {
            return conditions;
        }
        conditions.push_str(" AND EXISTS (SELECT 1 FROM application a JOIN job j ON j.id = a.job_id WHERE a.id = n.application_id");
        if let Some(board) = board {
            values.push(board.uuid().into());
            conditions.push_str(&format!(" AND j.board_id = ${}", values.len()));
        }
        if let Some(job) = job {
            values.push(job.uuid().into());
            conditions.push_str(&format!(" AND j.id = ${}", values.len()));
        }
        if let Some(is_test) = is_test {
            conditions.push_str(&format!(" AND a.is_test = {is_test}"));
        }
        conditions.push(')');
        conditions
    }

    async fn due_date(&self, id: NotificationId) -> Result<Option<DateTime<Utc>>, LedgerError> {
        let database = self.database();
        let statement =
            Statement::from_sql_and_values(database.backend(), "SELECT due_at FROM notification WHERE id = $1", [id.uuid().into()]);
        Ok(database.reader().query_one_raw(statement).await?.map(|row| row.try_get("", "due_at")).transpose()?)
    }
}
