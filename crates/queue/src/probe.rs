//! Sends the mails about the way of answers: to ourselves, and to a person when none came back. They are few, so one is sent at a time.

use std::{sync::Arc, time::Duration};

use hearback_domain::{notification::Outcome, reply_token::ReplyAddresses};
use hearback_ledger::{DueWatch, Ledger, LedgerError, ProbeMail};
use hearback_mailer::{ProbeLetter, compose_probe, transport::Transport};
use tokio::{sync::watch, time::sleep};

use crate::{Config, Reach, delivery::hand_over, letter::face};

/// How often somebody looks who was not woken, and how often at most.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
const BETWEEN: Duration = Duration::from_millis(500);

/// While the database is away: between two tries to write how one ended.
const WRITE_AGAIN: Duration = Duration::from_secs(1);

#[derive(Clone)]
pub(crate) struct Probes {
    ledger: Ledger,
    live: Arc<dyn Transport>,
    reach: Reach,
}

impl Probes {
    pub(crate) fn new(ledger: Ledger, config: &Config) -> Self {
        Self { ledger, live: Arc::clone(&config.live), reach: config.reach.clone() }
    }

    /// Until it is asked to stop; what is being sent is finished.
    pub(crate) async fn run(self, mut stopping: watch::Receiver<bool>) {
        // Without an address of our own nothing can come back.
        let Some(addresses) = self.reach.reply_addresses.clone() else { return };
        let mut due = self.ledger.watch_due();
        let mut is_away = false;
        while !*stopping.borrow() {
            due.begin();
            match self.next(&addresses, &stopping).await {
                Ok(true) => continue,
                Ok(false) => is_away = false,
                Err(error) if !is_away => {
                    is_away = true;
                    tracing::warn!(%error, "mails about the way of answers cannot be claimed; trying again until they can");
                }
                Err(_) => {}
            }
            tokio::select! {
                // An error means that nobody is left who could ask.
                _ = stopping.wait_for(|stop| *stop) => break,
                () = woken(&mut due) => {}
                () = sleep(LOOK_AGAIN) => {}
            }
        }
    }

    /// Whether there was one.
    async fn next(&self, addresses: &ReplyAddresses, stopping: &watch::Receiver<bool>) -> Result<bool, LedgerError> {
        let Some(mail) = self.ledger.claim_probe_mail().await? else { return Ok(false) };
        let outcome = tokio::select! {
            outcome = send_probe_mail(&mail, addresses, &self.reach, self.live.as_ref()) => outcome,
            () = self.until_lost(&mail) => return Ok(true),
        };
        while let Err(error) = self.ledger.settle_probe_mail(&mail, &outcome).await {
            if !matches!(error, LedgerError::Unavailable(_)) || *stopping.borrow() {
                tracing::error!(probe = %mail.claim.probe, %error, "what became of a mail cannot be written; it comes back with its lease");
                break;
            }
            sleep(WRITE_AGAIN).await;
        }
        Ok(true)
    }

    /// Renews three times within a lease; returns when the mail is somebody else's.
    async fn until_lost(&self, mail: &ProbeMail) {
        let pause = (self.ledger.lease() / 3).to_std().unwrap_or_default().max(Duration::from_millis(100));
        loop {
            sleep(pause).await;
            match self.ledger.renew_probe_mail(mail.claim).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => tracing::warn!(%error, "a lease cannot be renewed for the moment"),
            }
        }
    }
}

/// One try, and how it ended.
pub async fn send_probe_mail(mail: &ProbeMail, addresses: &ReplyAddresses, reach: &Reach, live: &dyn Transport) -> Outcome {
    let ProbeMail { claim, what, board, to, owed_at, .. } = mail;
    let face = face(board, reach);
    // In staging no person but one is written to.
    let to = to.as_ref().map(|person| reach.redirect_all_to.as_ref().unwrap_or(person));
    let outcome = match compose_probe(&ProbeLetter { id: claim.probe, face: &face, addresses, to, dated: *owed_at }) {
        Ok(composed) => hand_over(live, &composed).await,
        Err(error) => Outcome::Hold { reason: format!("no mail can be made of it: {error}") },
    };
    match &outcome {
        Outcome::Accepted { .. } => tracing::info!(probe = %claim.probe, what = what.as_str(), "a mail about the way of answers was sent"),
        other => {
            tracing::warn!(probe = %claim.probe, what = what.as_str(), outcome = ?other, "a mail about the way of answers was not sent yet")
        }
    }
    outcome
}

/// Much else wakes the same watch.
async fn woken(due: &mut DueWatch) {
    sleep(BETWEEN).await;
    due.changed().await;
}
