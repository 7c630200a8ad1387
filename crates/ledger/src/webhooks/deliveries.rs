//! The log of deliveries, and what people do about them.

use chrono::{DateTime, Utc};
use hearback_domain::{
    ids::{WebhookDeliveryId, WebhookEndpointId},
    webhook::{DeliveryState, WebhookType},
};
use sea_orm::{ConnectionTrait, FromQueryResult, QueryResult, Statement, Value};
use serde_json::json;
use uuid::Uuid;

use super::{
    derive::{INSERT, delivery_columns},
    first_id_at,
    payload::envelope,
};
use crate::{
    Ledger, LedgerError, Page,
    due::LANES,
    rows::{Cell, Rows},
    trace,
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookDelivery {
    pub id: WebhookDeliveryId,
    pub endpoint: WebhookEndpointId,
    pub kind: WebhookType,
    pub state: DeliveryState,
    /// `None` once it is settled.
    pub next_try_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub settled_at: Option<DateTime<Utc>>,
    /// Oldest first.
    pub tries: Vec<DeliveryTry>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryTry {
    pub at: DateTime<Utc>,
    /// `None` if there was no answer.
    pub status: Option<u16>,
    pub duration_ms: u32,
    /// What went wrong.
    pub trouble: Option<String>,
}

/// What became of a request to send again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replay {
    Scheduled,
    /// It is on its way already.
    NotSettled,
    NotFound,
}

#[derive(FromQueryResult)]
struct Row {
    id: Uuid,
    endpoint_id: Uuid,
    kind: String,
    state: String,
    wake_at: DateTime<Utc>,
    created_at: DateTime<Utc>,
    settled_at: Option<DateTime<Utc>>,
}

#[derive(FromQueryResult)]
struct TryRow {
    at: DateTime<Utc>,
    status: Option<i32>,
    duration_ms: i32,
    trouble: Option<String>,
}

const COLUMNS: &str = "id, endpoint_id, type AS kind, state, wake_at, created_at, settled_at";

impl Ledger {
    /// Oldest first.
    pub async fn webhook_deliveries(
        &self,
        endpoint: WebhookEndpointId,
        state: Option<DeliveryState>,
        page: Page<WebhookDeliveryId>,
    ) -> Result<Vec<WebhookDelivery>, LedgerError> {
        let after = page.after.map_or(Uuid::nil(), WebhookDeliveryId::uuid);
        let mut values: Vec<Value> = vec![endpoint.uuid().into(), after.into(), i64::try_from(page.limit).unwrap_or(i64::MAX).into()];
        let in_state = match state {
            None => "",
            Some(state) => {
                values.push(state.as_str().into());
                "AND state = $4"
            }
        };
        let select = format!("SELECT {COLUMNS} FROM webhook_delivery WHERE endpoint_id = $1 AND id > $2 {in_state} ORDER BY id LIMIT $3");
        self.read_deliveries(select, values).await
    }

    pub async fn webhook_delivery(&self, id: WebhookDeliveryId) -> Result<Option<WebhookDelivery>, LedgerError> {
        let select = format!("SELECT {COLUMNS} FROM webhook_delivery WHERE id = $1");
        Ok(self.read_deliveries(select, vec![id.uuid().into()]).await?.pop())
    }

    /// Sends one again that is delivered or dead, under the same id and with a ladder of its own.
    pub async fn replay_webhook(&self, id: WebhookDeliveryId) -> Result<Replay, LedgerError> {
        const UPDATE: &str = "UPDATE webhook_delivery SET state = 'scheduled', wake_at = $2, settled_at = NULL, tries = 0
            WHERE id = $1 AND state IN ('delivered', 'dead')";
        let database = self.database();
        let values = [id.uuid().into(), self.now().into()];
        let transaction = database.begin().await?;
        let done = transaction.execute_raw(Statement::from_sql_and_values(database.backend(), UPDATE, values)).await?;
        transaction.commit().await?;
        if done.rows_affected() > 0 {
            return Ok(Replay::Scheduled);
        }
        Ok(if self.webhook_delivery(id).await?.is_some() { Replay::NotSettled } else { Replay::NotFound })
    }

    /// Sends everything again that was first owed to the endpoint since then and is settled. How much that is.
    pub async fn replay_webhooks_since(&self, endpoint: WebhookEndpointId, since: DateTime<Utc>) -> Result<u64, LedgerError> {
        const PART: i64 = 1_000;
        const UPDATE: &str = "UPDATE webhook_delivery SET state = 'scheduled', wake_at = $1, settled_at = NULL, tries = 0
            WHERE state IN ('delivered', 'dead') AND id IN (SELECT id FROM webhook_delivery WHERE endpoint_id = $2 AND id > $3 AND id < $4
                AND state IN ('delivered', 'dead') ORDER BY id LIMIT $5) RETURNING id";
        let (database, now) = (self.database(), self.now());
        let (mut after, until, mut count) = (first_id_at(since), first_id_at(now), 0);
        loop {
            let values = [now.into(), endpoint.uuid().into(), after.into(), until.into(), PART.into()];
            let rows = database.writer().query_all_raw(Statement::from_sql_and_values(database.backend(), UPDATE, values)).await?;
            let ids: Vec<Uuid> = rows.iter().map(|row| row.try_get("", "id")).collect::<Result<_, _>>()?;
            let Some(last) = ids.iter().max() else { return Ok(count) };
            after = *last;
            count += ids.len() as u64;
        }
    }

    /// Sends something that tells of nothing, to see whether it arrives.
    pub async fn ping_webhook(&self, endpoint: WebhookEndpointId) -> Result<WebhookDeliveryId, LedgerError> {
        let (id, now, kind) = (self.ids().next::<WebhookDeliveryId>(), self.now(), WebhookType::Ping);
        let row = [
            id.uuid().into(),
            endpoint.uuid().into(),
            kind.as_str().to_owned().into(),
            id.uuid().into(),
            envelope(kind, now, &json!({ "endpoint_id": endpoint })).into(),
            Cell::Int(LANES[0].into()),
            now.into(),
            trace::current().into(),
        ];
        let database = self.database();
        let transaction = database.begin().await?;
        transaction.execute_raw(Rows::new(delivery_columns(), [row]).statement(database.backend(), INSERT)).await?;
        transaction.commit().await?;
        Ok(id)
    }

    /// In one statement, so that a delivery is never seen as it was before a try that is seen with it.
    async fn read_deliveries(&self, select: String, values: Vec<Value>) -> Result<Vec<WebhookDelivery>, LedgerError> {
        let with_tries = format!(
            "WITH found AS ({select})
             SELECT found.*, webhook_try.id AS try_id, webhook_try.at, webhook_try.status, webhook_try.duration_ms, webhook_try.trouble
             FROM found LEFT JOIN webhook_try ON webhook_try.delivery_id = found.id ORDER BY found.id, webhook_try.id"
        );
        let database = self.database();
        let mut deliveries: Vec<WebhookDelivery> = Vec::new();
        for row in database.reader().query_all_raw(Statement::from_sql_and_values(database.backend(), with_tries, values)).await? {
            let delivery = read(Row::from_query_result(&row, "")?)?;
            if deliveries.last().is_none_or(|last| last.id != delivery.id) {
                deliveries.push(delivery);
            }
            let made = row.try_get::<Option<Uuid>>("", "try_id")?.map(|_| read_try(&row)).transpose()?;
            if let Some(last) = deliveries.last_mut() {
                last.tries.extend(made);
            }
        }
        Ok(deliveries)
    }
}

fn read(row: Row) -> Result<WebhookDelivery, LedgerError> {
    let Row { id, endpoint_id, kind, state, wake_at, created_at, settled_at } = row;
    let word = |error| LedgerError::unreadable("webhook_delivery", error);
    let next_try_at = settled_at.is_none().then_some(wake_at);
    Ok(WebhookDelivery {
        id: id.into(),
        endpoint: endpoint_id.into(),
        kind: kind.parse().map_err(word)?,
        state: state.parse().map_err(word)?,
        next_try_at,
        created_at,
        settled_at,
        tries: Vec::new(),
    })
}

fn read_try(row: &QueryResult) -> Result<DeliveryTry, LedgerError> {
    let TryRow { at, status, duration_ms, trouble } = TryRow::from_query_result(row, "")?;
    let status = status.and_then(|status| u16::try_from(status).ok());
    Ok(DeliveryTry { at, status, duration_ms: u32::try_from(duration_ms).unwrap_or_default(), trouble })
}
