//! Stops what goes to somebody who reported a mail of ours as unwanted (RFC 5965).

use std::collections::BTreeSet;

use hearback_domain::{
    actor::Actor,
    event::EventKind,
    ids::{ApplicationId, NotificationId},
    promise::{Decision, Happening, How, decide},
};
use serde_json::json;

use crate::{
    Ledger, LedgerError,
    change::{ATTEMPTS, Lock, Locked, NewEvent, Rejected, Step, changes_something, lock, write},
};

/// Why it is not told how it ended: the application's exemption (P3).
pub(crate) const WORDS: &str = "the applicant reported a mail of ours as unwanted";

pub(crate) fn actor() -> Actor {
    Actor::system("complaint")
}

impl Ledger {
    /// Takes back what is owed for these applications and no law asks for. Returns what a worker has: it must not be sent.
    pub(crate) async fn stop_unwanted(&self, applications: &BTreeSet<ApplicationId>) -> Result<Vec<NotificationId>, LedgerError> {
        let mut attempt = 1;
        loop {
            match self.try_to_stop(applications).await {
                Err(error) if error.is_lost_race() && attempt < ATTEMPTS => attempt += 1,
                other => return other,
            }
        }
    }

    async fn try_to_stop(&self, applications: &BTreeSet<ApplicationId>) -> Result<Vec<NotificationId>, LedgerError> {
        let ascending: Vec<ApplicationId> = applications.iter().copied().collect();
        let transaction = self.database().begin().await?;
        let locked = lock(&transaction, &ascending, Lock::WithMessages).await?.readable;
        let now = self.clock().now();
        let mut steps = Vec::new();
        for locked in locked.values() {
            let decision = self.unwanted(locked, now)?;
            if changes_something(&decision, locked) {
                let event = NewEvent::of(EventKind::MessageCancelled, &actor(), json!({ "reason": WORDS }));
                steps.push(stop(locked, decision, event));
            }
        }
        let asked_back = steps.iter().flat_map(|step| &step.decision.cancel).filter(|cancel| cancel.how == How::Requested);
        let asked_back: Vec<NotificationId> = asked_back.map(|cancel| cancel.id).collect();
        write(self, &transaction, steps, now).await?;
        transaction.commit().await?;
        Ok(asked_back)
    }

    pub(crate) fn unwanted(&self, locked: &Locked, now: chrono::DateTime<chrono::Utc>) -> Result<Decision, LedgerError> {
        decide(&Happening::Complained, &locked.facts, &self.policy_under(&locked.overriding), now)
            .map_err(|refusal| LedgerError::unreadable("application", refusal))
    }
}

/// With the reason in words, which becomes the exemption.
pub(crate) fn stop(locked: &Locked, decision: Decision, event: NewEvent) -> Step<'_> {
    Step { locked, decision, settled: None, event: Some(event), rejected: Rejected::Unchanged, words: Some(WORDS) }
}

#[cfg(test)]
mod tests;
