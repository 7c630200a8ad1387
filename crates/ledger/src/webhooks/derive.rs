//! Derives deliveries from events and from messages that were settled.
//!
//! An id or a moment is taken before its transaction commits, so what stands behind a cursor is not complete at once. Two cursors walk over
//! each source: the first keeps some seconds behind, the second an hour, for what a process that stood still or a database that was away
//! let commit late. What the first has found, the second finds again, and a constraint keeps it from being told twice.

use chrono::{DateTime, TimeDelta, Utc};
use hearback_domain::{ids::WebhookDeliveryId, webhook::WebhookType};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value};
use serde_json::json;
use uuid::Uuid;

use super::{
    endpoints::types,
    first_id_at,
    payload::{COLUMNS, Happened, NAMED, Named},
};
use crate::{
    Ledger, LedgerError,
    due::LANES,
    periodic::Done,
    rows::{Cell, Column, Rows},
};

const EVERY: TimeDelta = TimeDelta::seconds(2);

/// For how long deliveries that are settled are kept.
const KEPT: TimeDelta = TimeDelta::days(30);

/// Rows looked at for one cursor at once.
const AT_ONCE: i64 = 500;

/// What deliveries are derived from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Events,
    Messages,
}

impl Source {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Events => "event",
            Self::Messages => "notification",
        }
    }

    /// Before everything that happens from now on.
    pub(super) fn begin(self, now: DateTime<Utc>) -> (DateTime<Utc>, Uuid) {
        match self {
            Self::Events => (DateTime::UNIX_EPOCH, first_id_at(now)),
            Self::Messages => (now, Uuid::nil()),
        }
    }

    /// Events stand in the order of their ids alone: what an event says of its moment may be earlier than the one before it.
    const fn place_of(self, happened: &Happened) -> (DateTime<Utc>, Uuid) {
        match self {
            Self::Events => (DateTime::UNIX_EPOCH, happened.id),
            Self::Messages => (happened.at, happened.id),
        }
    }
}

/// One walk over a source.
pub(super) struct Cursor {
    pub(super) source: Source,
    pub(super) look: &'static str,
    behind: TimeDelta,
}

pub(super) const CURSORS: [Cursor; 4] = [
    Cursor { source: Source::Events, look: "first", behind: TimeDelta::seconds(8) },
    Cursor { source: Source::Messages, look: "first", behind: TimeDelta::seconds(8) },
    Cursor { source: Source::Events, look: "second", behind: TimeDelta::hours(1) },
    Cursor { source: Source::Messages, look: "second", behind: TimeDelta::hours(1) },
];

#[derive(FromQueryResult)]
struct Endpoint {
    id: Uuid,
    board_id: Option<Uuid>,
    is_test: bool,
    types: String,
    seen_at: DateTime<Utc>,
    seen_id: Uuid,
}

const ENDPOINTS: &str = "SELECT e.id, e.board_id, e.is_test, e.types, c.seen_at, c.seen_id
    FROM webhook_endpoint e JOIN webhook_cursor c ON c.endpoint_id = e.id
    WHERE e.is_enabled AND e.deleted_at IS NULL AND c.source = $1 AND c.look = $2 ORDER BY e.id";

pub(super) const INSERT: &str =
    "INSERT INTO webhook_delivery (id, endpoint_id, type, source_id, payload, state, lane, wake_at, tries, created_at, trace)
    SELECT id, endpoint, type, source, payload, 'scheduled', lane, at, 0, at, trace FROM v WHERE true
    ON CONFLICT (endpoint_id, source_id, type) DO NOTHING";

/// Whoever was slower and lost its lease must not take a cursor back.
const ADVANCE: &str = "UPDATE webhook_cursor SET seen_at = v.at, seen_id = v.id FROM v
    WHERE endpoint_id = v.endpoint AND webhook_cursor.source = v.source AND webhook_cursor.look = v.look AND (seen_at, seen_id) < (v.at, v.id)";

impl Ledger {
    pub(crate) async fn derive_webhooks(&self) -> Result<Done, LedgerError> {
        let mut more = false;
        for cursor in &CURSORS {
            let values = [cursor.source.as_str().into(), cursor.look.into()];
            let database = self.database();
            let rows = database.reader().query_all_raw(Statement::from_sql_and_values(database.backend(), ENDPOINTS, values)).await?;
            for row in rows {
                more |= self.derive_for(cursor, Endpoint::from_query_result(&row, "")?).await?;
            }
        }
        more |= self.forget_webhooks().await?;
        Ok(Done { progress: json!({}), again_in: if more { TimeDelta::zero() } else { EVERY } })
    }

    /// Whether there is more behind it.
    async fn derive_for(&self, cursor: &Cursor, endpoint: Endpoint) -> Result<bool, LedgerError> {
        let Endpoint { id, board_id, is_test, types: words, seen_at, seen_id } = endpoint;
        let (now, wanted) = (self.now(), types(&words));
        let found = self.happened(cursor.source, (seen_at, seen_id), now - cursor.behind).await?;
        let Some(last) = found.last().map(|last| cursor.source.place_of(last)) else { return Ok(false) };
        let more = i64::try_from(found.len()).is_ok_and(|found| found == AT_ONCE);
        let concerns = |happened: &&Happened| happened.is_test == is_test && board_id.is_none_or(|board| board == happened.board_id);
        let mut deliveries = Vec::new();
        for happened in found.iter().filter(concerns) {
            let kind = match cursor.source {
                Source::Events => happened.word.parse().ok().and_then(WebhookType::of_event),
                Source::Messages => happened.word.parse().ok().and_then(WebhookType::of_message),
            };
            let Some(kind) = kind.filter(|kind| wanted.is_empty() || wanted.contains(kind)) else { continue };
            deliveries.push([
                self.ids().next::<WebhookDeliveryId>().uuid().into(),
                id.into(),
                kind.as_str().to_owned().into(),
                happened.id.into(),
                happened.payload(kind, cursor.source == Source::Events).into(),
                Cell::Int(LANES[0].into()),
                now.into(),
                happened.trace.clone().into(),
            ]);
        }
        let backend = self.database().backend();
        let transaction = self.database().begin().await?;
        let deliveries = Rows::new(delivery_columns(), deliveries);
        if !deliveries.is_empty() {
            transaction.execute_raw(deliveries.statement(backend, INSERT)).await?;
        }
        let columns = [Column::Uuid("endpoint"), Column::Text("source"), Column::Text("look"), Column::Time("at"), Column::Uuid("id")];
        let [source, look] = [cursor.source.as_str(), cursor.look].map(|word| Cell::Text(word.to_owned()));
        let seen = Rows::new(columns, [[id.into(), source, look, last.0.into(), last.1.into()]]);
        transaction.execute_raw(seen.statement(backend, ADVANCE)).await?;
        transaction.commit().await?;
        Ok(more)
    }

    /// In the order of the source.
    async fn happened(&self, source: Source, seen: (DateTime<Utc>, Uuid), until: DateTime<Utc>) -> Result<Vec<Happened>, LedgerError> {
        let (select, values): (String, Vec<Value>) = match source {
            Source::Events => (
                format!(
                    "SELECT e.id, e.at, e.kind AS word, e.data, e.trace, {COLUMNS} FROM event e JOIN application a ON a.id = e.application_id
                     JOIN job j ON j.id = a.job_id LEFT JOIN notification n ON n.id = e.owes
                     WHERE e.id > $1 AND e.id < $2 ORDER BY e.id LIMIT $3"
                ),
                vec![seen.1.into(), first_id_at(until).into(), AT_ONCE.into()],
            ),
            Source::Messages => (
                format!(
                    "SELECT n.id, n.settled_at AS at, n.state AS word, NULL AS data, n.trace, {COLUMNS} FROM notification n
                     JOIN application a ON a.id = n.application_id JOIN job j ON j.id = a.job_id
                     WHERE n.state IN ('sent', 'bounced', 'undeliverable') AND (n.settled_at, n.id) > ($1, $2) AND n.settled_at < $3
                     ORDER BY n.settled_at, n.id LIMIT $4"
                ),
                vec![seen.0.into(), seen.1.into(), until.into(), AT_ONCE.into()],
            ),
        };
        let database = self.database();
        let rows = database.reader().query_all_raw(Statement::from_sql_and_values(database.backend(), select, values)).await?;
        let mut found: Vec<Happened> = rows.iter().map(Happened::read).collect::<Result<_, _>>()?;
        self.name_messages(&mut found).await?;
        Ok(found)
    }

    async fn name_messages(&self, found: &mut [Happened]) -> Result<(), LedgerError> {
        let acted_on = Rows::new([Column::Uuid("id")], found.iter().filter_map(Happened::acted_on).map(|id| [id.uuid().into()]));
        if acted_on.is_empty() {
            return Ok(());
        }
        let database = self.database();
        let rows = database.reader().query_all_raw(acted_on.statement(database.backend(), NAMED)).await?;
        let named: Vec<Named> = rows.iter().map(|row| Named::from_query_result(row, "")).collect::<Result<_, _>>()?;
        for happened in found {
            let id = happened.acted_on();
            if let Some(message) = named.iter().find(|message| id.is_some_and(|id| id.uuid() == message.id)) {
                happened.name(message);
            }
        }
        Ok(())
    }

    /// Whether there is more to forget.
    async fn forget_webhooks(&self) -> Result<bool, LedgerError> {
        const OLD: &str =
            "SELECT id FROM webhook_delivery WHERE state IN ('delivered', 'dead') AND settled_at < $1 ORDER BY settled_at, id LIMIT $2";
        const TRIES: &str = "DELETE FROM webhook_try WHERE delivery_id IN (SELECT id FROM v)";
        const DELIVERIES: &str = "DELETE FROM webhook_delivery WHERE id IN (SELECT id FROM v) AND state IN ('delivered', 'dead')";
        let database = self.database();
        let values = [(self.now() - KEPT).into(), AT_ONCE.into()];
        let found = database.reader().query_all_raw(Statement::from_sql_and_values(database.backend(), OLD, values)).await?;
        let ids: Vec<Uuid> = found.iter().map(|row| row.try_get("", "id")).collect::<Result<_, _>>()?;
        if ids.is_empty() {
            return Ok(false);
        }
        let more = i64::try_from(ids.len()).is_ok_and(|found| found == AT_ONCE);
        let rows = Rows::new([Column::Uuid("id")], ids.into_iter().map(|id| [id.into()]));
        let transaction = database.begin().await?;
        for delete in [TRIES, DELIVERIES] {
            transaction.execute_raw(rows.statement(database.backend(), delete)).await?;
        }
        transaction.commit().await?;
        Ok(more)
    }
}

pub(super) const fn delivery_columns() -> [Column; 8] {
    [
        Column::Uuid("id"),
        Column::Uuid("endpoint"),
        Column::Text("type"),
        Column::Uuid("source"),
        Column::Text("payload"),
        Column::Int("lane"),
        Column::Time("at"),
        Column::Text("trace"),
    ]
}
