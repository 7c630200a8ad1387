//! Everything that happened, in the order in which it became visible: for whoever keeps another system in step. Nothing is passed over, a
//! transaction that commits late included (`m20261127_000013_feed`).

use std::{fmt, str::FromStr};

use hearback_domain::ids::{ApplicationId, BoardId, EventId, JobId};
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult, QueryResult, Statement, Value};
use uuid::Uuid;

use crate::{Event, Ledger, LedgerError, entity::event};

/// A place between two events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventCursor {
    /// Of the transaction that wrote it; 0 where the order of ids is enough.
    transaction: u64,
    event: Uuid,
}

/// Before everything.
impl Default for EventCursor {
    fn default() -> Self {
        Self { transaction: 0, event: Uuid::nil() }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be the `next_after` of an answer, unchanged")]
pub struct InvalidCursor;

impl fmt::Display for EventCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.transaction, EventId::from(self.event))
    }
}

impl FromStr for EventCursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let (transaction, event) = text.split_once('.').ok_or(InvalidCursor)?;
        let is_number = (1..=20).contains(&transaction.len()) && transaction.bytes().all(|byte| byte.is_ascii_digit());
        let transaction = transaction.parse().ok().filter(|_| is_number).ok_or(InvalidCursor)?;
        let event: EventId = event.parse().map_err(|_| InvalidCursor)?;
        Ok(Self { transaction, event: event.uuid() })
    }
}

/// An event, and what it happened to.
#[derive(Clone, Debug, PartialEq)]
pub struct FeedEvent {
    pub event: Event,
    pub application: ApplicationId,
    pub job: JobId,
}

/// A part of the feed.
#[derive(Clone, Debug, PartialEq)]
pub struct Feed {
    /// Those that the reader may see; of many events, perhaps none.
    pub items: Vec<FeedEvent>,
    /// Where to go on.
    pub next: EventCursor,
    /// Whether there is more right now.
    pub more: bool,
}

const POSTGRES: &str = "SELECT e.*, COALESCE(e.xid, '0'::xid8)::text AS transaction, a.job_id, a.is_test, j.board_id FROM (
        SELECT * FROM event WHERE (COALESCE(xid, '0'::xid8), id) > ($1::text::xid8, $2)
        AND COALESCE(xid, '0'::xid8) < pg_snapshot_xmin(pg_current_snapshot())
        ORDER BY COALESCE(xid, '0'::xid8), id LIMIT $3
    ) e JOIN application a ON a.id = e.application_id JOIN job j ON j.id = a.job_id
    ORDER BY COALESCE(e.xid, '0'::xid8), e.id";

const SQLITE: &str = "SELECT e.*, '0' AS \"transaction\", a.job_id, a.is_test, j.board_id FROM (
        SELECT * FROM event WHERE id > $1 AND id < $2 ORDER BY id LIMIT $3
    ) e JOIN application a ON a.id = e.application_id JOIN job j ON j.id = a.job_id
    ORDER BY e.id";

impl Ledger {
    /// What happened after this place. `board` and `is_test` narrow what is shown.
    pub async fn feed(&self, after: EventCursor, limit: u64, board: Option<BoardId>, is_test: Option<bool>) -> Result<Feed, LedgerError> {
        let database = self.database();
        let statement = match database.backend() {
            DbBackend::Sqlite => Statement::from_sql_and_values(
                DbBackend::Sqlite,
                SQLITE,
                [
                    after.event.into(),
                    first_id_of_now(self.clock().now().timestamp_millis()).into(),
                    Value::from(i64::try_from(limit).unwrap_or(i64::MAX)),
                ],
            ),
            backend => Statement::from_sql_and_values(
                backend,
                POSTGRES,
                [after.transaction.to_string().into(), after.event.into(), Value::from(i64::try_from(limit).unwrap_or(i64::MAX))],
            ),
        };
        let rows = database.reader().query_all_raw(statement).await?;
        let (mut items, mut next) = (Vec::with_capacity(rows.len()), after);
        let more = rows.len() as u64 >= limit;
        for row in rows {
            next = place(&row)?;
            let (of_board, of_test): (Uuid, bool) = (row.try_get("", "board_id")?, row.try_get("", "is_test")?);
            let is_shown = board.is_none_or(|board| board.uuid() == of_board) && is_test.is_none_or(|wanted| wanted == of_test);
            if !is_shown {
                continue;
            }
            match read(&row) {
                Ok(item) => items.push(item),
                // One that cannot be read must not take the feed along.
                Err(error) => tracing::error!(event = %EventId::from(next.event), %error, "left out of the feed"),
            }
        }
        Ok(Feed { items, next, more })
    }
}

fn place(row: &QueryResult) -> Result<EventCursor, LedgerError> {
    let transaction: String = row.try_get("", "transaction")?;
    let transaction = transaction.parse().map_err(|error| LedgerError::unreadable("event", error))?;
    Ok(EventCursor { transaction, event: row.try_get("", "id")? })
}

fn read(row: &QueryResult) -> Result<FeedEvent, LedgerError> {
    let model = event::Model::from_query_result(row, "")?;
    let application = model.application_id.into();
    let job: Uuid = row.try_get("", "job_id")?;
    Ok(FeedEvent { event: Event::try_from(model)?, application, job: job.into() })
}

/// Ids of two processes within one millisecond have no order, so the present one is not read yet (RFC 9562, section 5.7: the time comes
/// first).
fn first_id_of_now(millis: i64) -> Uuid {
    let millis = u64::try_from(millis).unwrap_or(0);
    Uuid::from_u128(u128::from(millis) << 80)
}

#[cfg(test)]
mod tests;
