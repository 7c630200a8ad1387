//! What became of a webhook.

use std::time::Duration;

use chrono::{DateTime, Utc};
use hearback_domain::{ids::WebhookTryId, webhook::next_try};
use sea_orm::{ConnectionTrait, Statement};

use super::claim::WebhookClaim;
use crate::{
    Ledger, LedgerError,
    rows::{Cell, Column, Rows},
};

/// How the endpoint answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WebhookReply {
    /// 2xx.
    Taken { status: u16 },
    /// 410: nothing more is to be sent there.
    Gone,
    /// Any other answer, or none.
    Failed { status: Option<u16>, trouble: String },
}

/// How one try ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookEnded {
    pub claim: WebhookClaim,
    pub at: DateTime<Utc>,
    pub took: Duration,
    pub reply: WebhookReply,
}

const TRY: &str = "INSERT INTO webhook_try (id, delivery_id, at, status, duration_ms, trouble)
    SELECT id, delivery, at, status, took, trouble FROM v";

/// Whatever became of the claim meanwhile: the endpoint has it.
const DELIVERED: &str = "UPDATE webhook_delivery SET state = 'delivered', settled_at = v.at, claim_token = NULL FROM v
    WHERE webhook_delivery.id = v.id AND state <> 'delivered'";

const DEAD: &str = "UPDATE webhook_delivery SET state = 'dead', settled_at = v.at, claim_token = NULL FROM v
    WHERE webhook_delivery.id = v.id AND claim_token = v.token AND state || '' = 'sending'";

const AGAIN: &str = "UPDATE webhook_delivery SET state = 'scheduled', wake_at = v.at, claim_token = NULL FROM v
    WHERE webhook_delivery.id = v.id AND claim_token = v.token AND state || '' = 'sending'";

const DISABLE: &str = "UPDATE webhook_endpoint SET is_enabled = false, disabled_for = 'gone', version = version + 1, updated_at = $2
    WHERE id = (SELECT endpoint_id FROM webhook_delivery WHERE id = $1) AND is_enabled";

impl Ledger {
    pub async fn settle_webhook(&self, ended: &WebhookEnded) -> Result<(), LedgerError> {
        let WebhookEnded { claim, at, took, reply } = ended;
        let (status, trouble) = match reply {
            WebhookReply::Taken { status } => (Some(*status), None),
            WebhookReply::Gone => (Some(410), Some("the endpoint is gone; it is switched off".to_owned())),
            WebhookReply::Failed { status, trouble } => (*status, Some(trouble.clone())),
        };
        let (update, moment) = match reply {
            WebhookReply::Taken { .. } => (DELIVERED, *at),
            WebhookReply::Gone => (DEAD, *at),
            WebhookReply::Failed { .. } => match next_try(claim.tries, *at, self.random().fraction()) {
                Some(next) => (AGAIN, next),
                None => (DEAD, *at),
            },
        };
        let backend = self.database().backend();
        let transaction = self.database().begin().await?;
        let columns = [
            Column::Uuid("id"),
            Column::Uuid("delivery"),
            Column::Time("at"),
            Column::Int("status"),
            Column::Int("took"),
            Column::Text("trouble"),
        ];
        let made = [
            self.ids().next::<WebhookTryId>().uuid().into(),
            claim.delivery.uuid().into(),
            (*at).into(),
            status.map_or(Cell::Null, |status| Cell::Int(status.into())),
            Cell::Int(i64::try_from(took.as_millis()).unwrap_or(i64::MAX).min(i32::MAX.into())),
            trouble.map_or(Cell::Null, Cell::Text),
        ];
        transaction.execute_raw(Rows::new(columns, [made]).statement(backend, TRY)).await?;
        let columns = [Column::Uuid("id"), Column::Uuid("token"), Column::Time("at")];
        let row = [claim.delivery.uuid().into(), claim.token.into(), moment.into()];
        transaction.execute_raw(Rows::new(columns, [row]).statement(backend, update)).await?;
        if *reply == WebhookReply::Gone {
            let values = [claim.delivery.uuid().into(), (*at).into()];
            transaction.execute_raw(Statement::from_sql_and_values(backend, DISABLE, values)).await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}
