//! The job that tells other programs what happened. It has slots of its own: an endpoint that is slow keeps no applicant waiting.

mod request;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use apalis::prelude::{BoxDynError, Data};
use hearback_ledger::{DueWebhook, Ledger, LedgerError, WebhookClaim, WebhookEnded, WebhookReply};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    time::sleep,
};

use self::request::Client;
use crate::buffer::Buffer;

/// Sent at once.
pub(crate) const SLOTS: usize = 16;

/// How often it is looked whether one is due.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// While the database is away: between two tries to write how one ended.
const WRITE_AGAIN: Duration = Duration::from_secs(1);

/// A claimed webhook with the slot that it is sent in.
#[derive(Debug)]
pub(crate) struct HeldWebhook {
    webhook: DueWebhook,
    _slot: OwnedSemaphorePermit,
}

/// Claims and sends webhooks.
#[derive(Clone)]
pub(crate) struct Webhooks {
    ledger: Ledger,
    client: Arc<Client>,
    claimed: Arc<Buffer<HeldWebhook>>,
    slots: Arc<Semaphore>,
}

impl Webhooks {
    pub(crate) fn new(ledger: Ledger, claimed: Arc<Buffer<HeldWebhook>>) -> Self {
        let client = Arc::new(Client::new(ledger.webhooks_to_loopback()));
        Self { ledger, client, claimed, slots: Arc::new(Semaphore::new(SLOTS)) }
    }

    /// Until it is asked to stop; then it gives back what nobody has begun.
    pub(crate) async fn run(self, mut stopping: watch::Receiver<bool>) {
        let mut is_away = false;
        while !*stopping.borrow() {
            match self.claim().await {
                Ok(true) => continue,
                Ok(false) => is_away = false,
                Err(error) if !is_away => {
                    is_away = true;
                    tracing::warn!(%error, "webhooks cannot be claimed; trying again until they can");
                }
                Err(_) => {}
            }
            tokio::select! {
                // An error means that nobody is left who could ask.
                _ = stopping.wait_for(|stop| *stop) => break,
                () = sleep(LOOK_AGAIN) => {}
            }
        }
        let unsent: Vec<WebhookClaim> = self.claimed.drain().iter().map(|held| held.webhook.claim).collect();
        if !unsent.is_empty()
            && let Err(error) = self.ledger.release_webhooks(&unsent).await
        {
            tracing::warn!(%error, "claimed webhooks could not be given back; they come back with the end of their lease");
        }
    }

    /// As many as there are slots for, each with its own. Whether there was one.
    async fn claim(&self) -> Result<bool, LedgerError> {
        let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() else { return Ok(false) };
        let Some(webhook) = self.ledger.claim_webhook().await? else { return Ok(false) };
        self.claimed.push([HeldWebhook { webhook, _slot: slot }]);
        Ok(true)
    }

    /// One try, and how it ended.
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

    /// Three times within a lease, for as long as it is being sent.
    async fn keep_renewing(&self, claim: &WebhookClaim) {
        let pause = (self.ledger.lease() / 3).to_std().unwrap_or_default().max(Duration::from_millis(100));
        loop {
            sleep(pause).await;
            match self.ledger.renew_webhook(claim).await {
                Ok(true) => {}
                Ok(false) => tracing::debug!(delivery = %claim.delivery, "its lease ended before it was renewed"),
                Err(error) => tracing::warn!(%error, "a lease cannot be renewed for the moment"),
            }
        }
    }

    /// What became of it is not forgotten, however long the database is away.
    async fn settle(&self, ended: WebhookEnded) {
        loop {
            match self.ledger.settle_webhook(&ended).await {
                Ok(()) => return,
                Err(LedgerError::Unavailable(_)) => sleep(WRITE_AGAIN).await,
                Err(error) => {
                    let delivery = ended.claim.delivery;
                    tracing::error!(%delivery, %error, "what became of a webhook cannot be written; it comes back with its lease");
                    return;
                }
            }
        }
    }
}

pub(crate) async fn tell(held: HeldWebhook, webhooks: Data<Webhooks>) -> Result<(), BoxDynError> {
    let ended = tokio::select! {
        ended = webhooks.attempt(&held.webhook) => ended,
        () = webhooks.keep_renewing(&held.webhook.claim) => return Ok(()),
    };
    webhooks.settle(ended).await;
    Ok(())
}
