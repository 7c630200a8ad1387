//! Claims webhooks that are due.

use chrono::{DateTime, Utc};
use hearback_domain::{
    ids::{WebhookDeliveryId, WebhookEndpointId},
    trace::Trace,
    webhook::{EndpointUrl, WebhookSecret},
};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use uuid::Uuid;

use super::{DELIVERIES, endpoints::url};
use crate::{
    Ledger, LedgerError,
    due::{LANES, Wanted},
};

/// The right to send one webhook, until its lease ends. Fences off whoever claimed it before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WebhookClaim {
    pub delivery: WebhookDeliveryId,
    pub(super) token: Uuid,
    pub(super) tries: u32,
}

/// A claimed webhook with everything that is needed to send it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueWebhook {
    pub claim: WebhookClaim,
    pub endpoint: WebhookEndpointId,
    pub url: EndpointUrl,
    pub payload: String,
    /// The present one, and the one before for as long as they overlap.
    pub secrets: Vec<WebhookSecret>,
    /// What the request that led to it was named by.
    pub trace: Option<Trace>,
}

#[derive(FromQueryResult)]
struct Row {
    id: Uuid,
    endpoint_id: Uuid,
    payload: String,
    tries: i32,
    trace: Option<String>,
}

#[derive(FromQueryResult)]
struct EndpointRow {
    url: String,
    secret: Vec<u8>,
    old_secret: Option<Vec<u8>>,
    old_secret_until: Option<DateTime<Utc>>,
}

impl Ledger {
    /// Claims one that is due, for the length of a lease.
    pub async fn claim_webhook(&self) -> Result<Option<DueWebhook>, LedgerError> {
        const DUE: &str = "SELECT id FROM webhook_delivery WHERE state IN ('scheduled', 'sending') AND lane = 0 AND wake_at <= $1 LIMIT 1";
        let (now, token) = (self.now(), Uuid::from_bytes(self.random().bytes()));
        let database = self.database();
        // A read first: most of the time nothing is due, and a claim would take the write lock of SQLite.
        if database.reader().query_one_raw(Statement::from_sql_and_values(database.backend(), DUE, [now.into()])).await?.is_none() {
            return Ok(None);
        }
        let wanted = Wanted { lane: LANES[0], rows: 1, token, now, lease_until: now + self.lease(), after: None };
        let Some(row) = DELIVERIES.claim(database, wanted).await?.pop() else { return Ok(None) };
        let Row { id, endpoint_id, payload, tries, trace } = Row::from_query_result(&row, "")?;
        let claim = WebhookClaim { delivery: id.into(), token, tries: u32::try_from(tries).unwrap_or(u32::MAX) };
        const ENDPOINT: &str = "SELECT url, secret, old_secret, old_secret_until FROM webhook_endpoint WHERE id = $1";
        let statement = Statement::from_sql_and_values(database.backend(), ENDPOINT, [endpoint_id.into()]);
        let row = database.reader().query_one_raw(statement).await?;
        let row = row.ok_or_else(|| LedgerError::unreadable("webhook_delivery", "its endpoint is not there"))?;
        let EndpointRow { url: text, secret, old_secret, old_secret_until } = EndpointRow::from_query_result(&row, "")?;
        let old = old_secret.filter(|_| old_secret_until.is_some_and(|until| until > now));
        let secrets = std::iter::once(secret).chain(old).map(read).collect::<Result<_, _>>()?;
        Ok(Some(DueWebhook {
            claim,
            endpoint: endpoint_id.into(),
            url: url(&text)?,
            payload,
            secrets,
            trace: trace.and_then(|trace| trace.parse().ok()),
        }))
    }

    /// Extends a lease by a whole one. `false` if it is somebody else's by now.
    pub async fn renew_webhook(&self, claim: &WebhookClaim) -> Result<bool, LedgerError> {
        let until = self.now() + self.lease();
        Ok(!DELIVERIES.renew(self.database(), &[(claim.delivery.uuid(), claim.token)], until).await?.is_empty())
    }

    /// Gives claimed ones back that nobody began to send. Counts as no try.
    pub async fn release_webhooks(&self, claims: &[WebhookClaim]) -> Result<(), LedgerError> {
        let now = self.now();
        let claims: Vec<_> = claims.iter().map(|claim| (claim.delivery.uuid(), claim.token, now)).collect();
        DELIVERIES.release(self.database(), &claims).await
    }
}

fn read(bytes: Vec<u8>) -> Result<WebhookSecret, LedgerError> {
    let bytes = bytes.try_into().map_err(|_| LedgerError::unreadable("webhook_endpoint", "a secret is not of 32 bytes"))?;
    Ok(WebhookSecret::new(bytes))
}
