//! The job that tells other programs what happened. It has slots of its own: an endpoint that is slow keeps no applicant waiting.

mod request;
#[cfg(test)]
mod tests;

use hearback_ledger::{DueWebhook, Ledger, LedgerError, WebhookClaim, WebhookEnded, WebhookReply};

use self::request::Client;
use crate::one_by_one::Work;

/// Claims and sends webhooks.
pub(crate) struct Webhooks {
    ledger: Ledger,
    client: Client,
}

impl Webhooks {
    pub(crate) fn new(ledger: Ledger) -> Self {
        let client = Client::new(ledger.webhooks_to_loopback());
        Self { ledger, client }
    }
}

impl Work for Webhooks {
    type Due = DueWebhook;
    type Claim = WebhookClaim;
    type Ended = WebhookEnded;

    const SLOTS: usize = 16;
    const THEM: &'static str = "webhooks";

    fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    fn claim_of(webhook: &DueWebhook) -> WebhookClaim {
        webhook.claim
    }

    async fn claim(&self) -> Result<Option<DueWebhook>, LedgerError> {
        self.ledger.claim_webhook().await
    }

    async fn renew(&self, claim: &WebhookClaim) -> Result<bool, LedgerError> {
        self.ledger.renew_webhook(claim).await
    }

    async fn attempt(&self, webhook: &DueWebhook) -> WebhookEnded {
        let (reply, took) = self.client.send(webhook, self.ledger.now()).await;
        let (delivery, endpoint) = (webhook.claim.delivery, webhook.endpoint);
        match &reply {
            WebhookReply::Taken { status } => tracing::debug!(%delivery, %endpoint, status, "a webhook was taken"),
            WebhookReply::Gone => tracing::warn!(%delivery, %endpoint, "an endpoint of webhooks is gone; it is switched off"),
            WebhookReply::Failed { status, trouble } => tracing::info!(%delivery, %endpoint, status, trouble, "a webhook was not taken"),
        }
        WebhookEnded { claim: webhook.claim, at: self.ledger.now(), took, reply }
    }

    async fn settle(&self, ended: &WebhookEnded) -> Result<(), LedgerError> {
        self.ledger.settle_webhook(ended).await
    }

    async fn release(&self, claims: &[WebhookClaim]) -> Result<(), LedgerError> {
        self.ledger.release_webhooks(claims).await
    }
}
