//! Two applications turn out to be one: the first carries the duplicate, as it carries what the same person sends twice. Or a merger is taken
//! back.

use chrono::{DateTime, Utc};
use hearback_domain::{
    actor::Actor,
    event::EventKind,
    ids::ApplicationId,
    promise::{
        Decision,
        merge::{Kinship, Merged, NotMerged, Repeats, merged, parted},
    },
};
use serde_json::{Value, json};

use crate::{
    Ledger, LedgerError,
    change::{ATTEMPTS, Lock, Locked, LockedAll, NewEvent, Rejected, Step, active_again, execute, lock, look, write},
    database::Transaction,
    rows::{Column, Rows},
};

#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    #[error("there is no application {0}")]
    NoSuchApplication(ApplicationId),
    #[error(transparent)]
    NotMerged(#[from] NotMerged),
    #[error(transparent)]
    Repeats(#[from] Repeats),
    #[error("the applicant applied for the job again: {0} is active")]
    AppliedAgain(ApplicationId),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// The record's part of a merger.
const CARRY: &str = "UPDATE application SET carried_by = v.first, version = application.version + 1 FROM v WHERE application.id = v.id";

impl Ledger {
    /// Of the two, `first` goes on for both. Merging again what is merged into it already changes nothing.
    pub async fn merge(&self, duplicate: ApplicationId, first: ApplicationId, note: Option<&str>, actor: &Actor) -> Result<(), MergeError> {
        let mut attempt = 1;
        loop {
            match self.try_merge(duplicate, first, note, actor).await {
                Err(MergeError::Ledger(error)) if error.is_lost_race() && attempt < ATTEMPTS => attempt += 1,
                other => return other,
            }
        }
    }

    /// The duplicate stands by itself again, with a next word of its own. Doing so twice changes nothing.
    pub async fn unmerge(&self, duplicate: ApplicationId, actor: &Actor) -> Result<(), MergeError> {
        let mut attempt = 1;
        loop {
            match self.try_unmerge(duplicate, actor).await {
                Err(MergeError::Ledger(error)) if error.is_lost_race() && attempt < ATTEMPTS => attempt += 1,
                other => return other,
            }
        }
    }

    async fn try_merge(&self, duplicate: ApplicationId, first: ApplicationId, note: Option<&str>, actor: &Actor) -> Result<(), MergeError> {
        let (is_test, other_is_test) = (self.is_test(duplicate).await?, self.is_test(first).await?);
        let transaction = self.database().begin().await?;
        let mut ids = [duplicate, first];
        ids.sort_unstable();
        let all = lock(&transaction, &ids, Lock::WithMessages).await?;
        let (one, other) = (found(&all, duplicate)?, found(&all, first)?);
        let now = self.now();
        if one.facts.carried_by == Some(first) && !of_one_pair(one, other) {
            return Ok(transaction.rollback().await.map_err(LedgerError::from)?);
        }
        let kin = Kinship {
            same_application: duplicate == first,
            same_job: one.person_and_job.1 == other.person_and_job.1,
            same_person: one.person_and_job.0 == other.person_and_job.0,
            equally_real: is_test == other_is_test,
        };
        let decided = merged(&one.facts, &other.facts, kin, &self.policy_under(&other.overriding), now)?;
        let Merged { duplicate: carried, first: takes_over } = decided;
        let said = |of: &str, id: ApplicationId| {
            let mut data = json!({ of: id });
            if let Some(note) = note {
                data["note"] = json!(note);
            }
            data
        };
        // First, for an active application that nobody carries must have a next word at any moment.
        carry(&transaction, duplicate, Some(first)).await?;
        let steps = vec![
            step(one, carried, EventKind::Merged, said("into", first), actor),
            step(other, takes_over, EventKind::Merged, said("duplicate", duplicate), actor),
        ];
        self.finish(transaction, steps, now).await
    }

    async fn try_unmerge(&self, duplicate: ApplicationId, actor: &Actor) -> Result<(), MergeError> {
        let transaction = self.database().begin().await?;
        // The first is not locked: nothing of it changes, and what is looked at never does.
        let all = lock(&transaction, &[duplicate], Lock::WithMessages).await?;
        let one = found(&all, duplicate)?;
        let now = self.now();
        let Some(first) = one.facts.carried_by else { return Ok(transaction.rollback().await.map_err(LedgerError::from)?) };
        let carrier = look(&transaction, &[first]).await?;
        let repeats = of_one_pair(one, found(&carrier, first)?);
        let decision = parted(&one.facts, repeats, &self.policy_under(&one.overriding), now)?;
        if let Some(active) = active_again(&transaction, &[duplicate]).await?.remove(&duplicate)
            && decision.standing.next_word.is_some()
        {
            return Err(MergeError::AppliedAgain(active));
        }
        let data = json!({ "from": first });
        let something_due = write(self, &transaction, vec![step(one, decision, EventKind::Unmerged, data, actor)], now).await?;
        carry(&transaction, duplicate, None).await?;
        transaction.commit().await.map_err(LedgerError::from)?;
        if something_due {
            self.wake();
        }
        Ok(())
    }

    async fn finish(&self, transaction: Transaction, steps: Vec<Step<'_>>, now: DateTime<Utc>) -> Result<(), MergeError> {
        let something_due = write(self, &transaction, steps, now).await?;
        transaction.commit().await.map_err(LedgerError::from)?;
        if something_due {
            self.wake();
        }
        Ok(())
    }

    /// It never changes.
    async fn is_test(&self, id: ApplicationId) -> Result<bool, MergeError> {
        Ok(self.application(id).await?.ok_or(MergeError::NoSuchApplication(id))?.is_test)
    }
}

fn found(all: &LockedAll, id: ApplicationId) -> Result<&Locked, MergeError> {
    match (all.readable.get(&id), all.unreadable.get(&id)) {
        // What is erased is nobody's: it is no more there to be merged than one that never was.
        (Some(locked), _) if locked.is_erased => Err(MergeError::NoSuchApplication(id)),
        (Some(locked), _) => Ok(locked),
        (None, Some(reason)) => Err(LedgerError::unreadable("application", reason).into()),
        (None, None) => Err(MergeError::NoSuchApplication(id)),
    }
}

/// The same person applied for the same job twice: nobody merged the two.
fn of_one_pair(one: &Locked, other: &Locked) -> bool {
    one.person_and_job == other.person_and_job
}

fn step<'a>(locked: &'a Locked, decision: Decision, event: EventKind, data: Value, actor: &Actor) -> Step<'a> {
    let event = Some(NewEvent::of(event, actor, data));
    Step { locked, decision, settled: None, event, rejected: Rejected::Unchanged, words: None }
}

async fn carry(transaction: &Transaction, duplicate: ApplicationId, first: Option<ApplicationId>) -> Result<(), LedgerError> {
    let row = [duplicate.uuid().into(), first.map(ApplicationId::uuid).into()];
    execute(transaction, Rows::new([Column::Uuid("id"), Column::Uuid("first")], [row]), CARRY).await
}

#[cfg(test)]
mod tests;
