//! The job that sends one message.

use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use apalis::prelude::{BoxDynError, Data};
use chrono::{DateTime, Utc};
use futures::FutureExt;
use hearback_domain::notification::Outcome;
use hearback_ledger::{Ended, Ledger, OwedMessage};
use hearback_mailer::{Composed, Composer, transport::Transport};

use crate::{
    Config, Reach,
    held::HeldMessage,
    letter::{again, kept, letter},
};

/// How often the operator is told of trouble that goes on.
const PAGE_EVERY: Duration = Duration::from_secs(60);

/// What a delivery needs.
pub(crate) struct Delivery {
    ledger: Ledger,
    public_url: String,
    reach: Reach,
    live: Arc<dyn Transport>,
    test: Arc<dyn Transport>,
    composer: Arc<Composer>,
    paged_at: Mutex<Option<Instant>>,
}

impl Delivery {
    pub(crate) fn new(ledger: Ledger, config: Config) -> Self {
        let Config { concurrency: _, slots_per_domain: _, public_url, reach, live, test, composer } = config;
        Self { ledger, public_url, reach, live, test, composer, paged_at: Mutex::default() }
    }

    /// One try, and how it ended. Nothing in here may keep that from being written down, a panic included.
    async fn attempt(&self, message: &OwedMessage) -> Ended {
        let transport = if message.is_test { &self.test } else { &self.live };
        let (outcome, mail) = match self.compose(message) {
            Ok(mail) => (hand_over(transport.as_ref(), &mail).await, Some(kept(mail))),
            // None of this goes away by itself: a person looks at it, and neighbours go on.
            Err(reason) => (Outcome::Hold { reason }, None),
        };
        if let Outcome::Configuration { reason, resume_at } = &outcome {
            self.page(reason, *resume_at);
        }
        let (request_id, trace_id) = message.trace.as_ref().map_or((None, None), |trace| (trace.request_id(), trace.trace_id()));
        tracing::debug!(request_id, trace_id, notification = %message.claim.notification, kind = %message.kind, tries = message.tries, outcome = word(&outcome), "tried");
        Ended { claim: message.claim, at: self.ledger.now(), outcome, mail, relay: transport.name().to_owned() }
    }

    /// Trouble of our own makes every message wait, and nobody but the operator can end it: said once a minute, not once a message.
    fn page(&self, reason: &str, resume_at: DateTime<Utc>) {
        let mut paged_at = self.paged_at.lock().unwrap_or_else(PoisonError::into_inner);
        if paged_at.is_none_or(|at| at.elapsed() >= PAGE_EVERY) {
            *paged_at = Some(Instant::now());
            tracing::error!(reason, %resume_at, "the relay refuses us, not an applicant: nothing is lost, and nothing is sent until this is mended");
        }
    }

    fn compose(&self, message: &OwedMessage) -> Result<Composed, String> {
        if let Some(stored) = &message.stored {
            return Ok(again(message, stored, &self.reach));
        }
        let token = self.ledger.status_token(message.application, message.link_generation);
        let letter = letter(message, format!("{}/s/{token}", self.public_url), &self.reach);
        self.composer.compose(&letter).map_err(|error| format!("no mail can be made of it: {error}"))
    }
}

/// A transport that panics may have handed the mail over before.
pub(crate) async fn hand_over(transport: &dyn Transport, mail: &Composed) -> Outcome {
    let outcome = AssertUnwindSafe(transport.hand_over(mail)).catch_unwind().await;
    outcome.unwrap_or_else(|_| Outcome::MaybeSent { reason: "handing it over panicked".to_owned() })
}

/// Sends one message. Its slot is free again once the try is over; the message stays held until how it ended is on disk.
pub(crate) async fn deliver(mut held: HeldMessage, delivery: Data<Arc<Delivery>>) -> Result<(), BoxDynError> {
    // While it waited for a slot, its lease may have ended, and another worker may have it.
    if held.is_still_ours(delivery.ledger.now()) {
        let ended = delivery.attempt(&held.message).await;
        held.sent();
        let ledger = delivery.ledger.clone();
        tokio::spawn(async move {
            ledger.settle_soon(ended).await;
            drop(held);
        });
    }
    Ok(())
}

const fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Accepted { .. } => "accepted",
        Outcome::Retry { .. } => "retry",
        Outcome::RelayDown { .. } => "relay_down",
        Outcome::Configuration { .. } => "configuration",
        Outcome::MaybeSent { .. } => "maybe_sent",
        Outcome::Undeliverable { .. } => "undeliverable",
        Outcome::Hold { .. } => "hold",
    }
}
