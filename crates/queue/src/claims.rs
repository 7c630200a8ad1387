//! Claims messages that are due, as many as there is room for.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use hearback_ledger::{Claim, DueWatch, Ledger, LedgerError, OwedMessage};
use hearback_mailer::transport::{Readiness, Transport};
use tokio::{sync::watch, time::sleep};

use crate::{
    domains::Domains,
    held::{Held, HeldMessage},
    reach::Reach,
};

/// How often somebody looks who was not woken.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// While the database is away: between two looks at it, growing from the first to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LAST_PAUSE: Duration = Duration::from_secs(2);

/// The least that a half is worth: fewer than two of them are claimed in one go.
const HALF: usize = 64;

/// How long one mail has to show that a relay is back, before somebody looks whether it did.
const TRIAL: Duration = Duration::from_millis(100);

#[derive(Clone)]
pub(crate) struct Claims {
    ledger: Ledger,
    held: Arc<Held>,
    domains: Arc<Domains>,
    live: Arc<dyn Transport>,
    reach: Reach,
    /// Claimed again as soon as there is room for so many.
    refill: usize,
}

impl Claims {
    pub(crate) fn new(
        ledger: Ledger,
        held: Arc<Held>,
        domains: Arc<Domains>,
        live: Arc<dyn Transport>,
        reach: Reach,
        concurrency: usize,
    ) -> Self {
        Self { ledger, held, domains, live, reach, refill: concurrency.div_ceil(2) }
    }

    /// Until it is asked to stop; then it gives back what nobody has begun.
    pub(crate) async fn run(self, mut stopping: watch::Receiver<bool>) {
        let mut due = self.ledger.watch_due();
        let mut pause = FIRST_PAUSE;
        loop {
            let room = tokio::select! {
                // An error means that nobody is left who could ask.
                _ = stopping.wait_for(|stop| *stop) => break,
                room = self.held.room_for(self.refill) => room,
            };
            // Those of test applications, which no relay gets, wait as well: to tell them apart would take a column of the index, and an
            // outage is nobody's hour for trying things out.
            let (room, afterwards) = match self.live.readiness() {
                Readiness::Everything => (room, Duration::ZERO),
                Readiness::OneMail => (1, TRIAL),
                Readiness::NothingBefore(until) => {
                    tokio::select! {
                        _ = stopping.wait_for(|stop| *stop) => break,
                        () = sleep(self.left(until)) => continue,
                    }
                }
            };
            due.begin();
            // Not to be interrupted: what is claimed must be held.
            let wait = match self.claim(room).await {
                Ok(messages) => {
                    pause = FIRST_PAUSE;
                    let is_empty = messages.is_empty();
                    self.take_in(self.held.hold(messages)).await;
                    if is_empty { self.until_next().await } else { afterwards }
                }
                Err(error) => {
                    if pause == FIRST_PAUSE {
                        tracing::warn!(%error, "nothing can be claimed; trying again until it can");
                    }
                    let wait = pause;
                    pause = (pause * 2).min(LAST_PAUSE);
                    wait
                }
            };
            if wait.is_zero() {
                continue;
            }
            tokio::select! {
                _ = stopping.wait_for(|stop| *stop) => break,
                () = woken_or_after(&mut due, wait) => {}
            }
        }
        self.give_back().await;
    }

    /// In two halves at once where the database serves several: what one waits for, the other does meanwhile.
    async fn claim(&self, room: usize) -> Result<Vec<OwedMessage>, LedgerError> {
        if room < 2 * HALF {
            return self.ledger.claim(room).await;
        }
        let (one, other) = tokio::join!(self.ledger.claim(room / 2), self.ledger.claim(room - room / 2));
        match (one, other) {
            (Ok(mut messages), Ok(more)) => {
                messages.extend(more);
                Ok(messages)
            }
            // What one half got is held, whatever became of the other.
            (Ok(messages), Err(_)) | (Err(_), Ok(messages)) if !messages.is_empty() => Ok(messages),
            (Err(error), _) | (_, Err(error)) => Err(error),
        }
    }

    async fn take_in(&self, claimed: Vec<HeldMessage>) {
        let with_domain = |held: HeldMessage| {
            let domain = self.reach.domain(&held.message).map(str::to_owned);
            (held, domain)
        };
        self.domains.take_in(claimed.into_iter().map(with_domain).collect()).await;
    }

    /// Until the next message becomes due, or until it is time to look anyway.
    async fn until_next(&self) -> Duration {
        // If it cannot be read, the next claim says what is wrong.
        let next = self.ledger.next_due().await.ok().flatten();
        next.map_or(LOOK_AGAIN, |next| self.left(next))
    }

    fn left(&self, until: DateTime<Utc>) -> Duration {
        (until - self.ledger.now()).to_std().unwrap_or_default().min(LOOK_AGAIN)
    }

    async fn give_back(&self) {
        let unsent = self.domains.drain();
        let claims: Vec<Claim> = unsent.iter().map(|held| held.message.claim).collect();
        if let Err(error) = self.ledger.release(&claims).await {
            tracing::warn!(%error, messages = claims.len(), "claimed messages could not be given back; they come back with the end of their lease");
        }
    }
}

async fn woken_or_after(due: &mut DueWatch, wait: Duration) {
    tokio::select! {
        () = due.changed() => {}
        () = sleep(wait) => {}
    }
}
