//! The one shape of every change: begin, lock and load the facts, decide, write what follows, commit, wake the queue.

mod facts;
mod record;
mod write;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use hearback_domain::{
    actor::Actor,
    event::EventKind,
    ids::ApplicationId,
    promise::{Decision, Happening, Refusal, Standing, decide},
};
use serde_json::Value;

pub(crate) use facts::{Lock, Locked, LockedAll, active_again, lock, look};
pub(crate) use record::{NewEvent, NewNotification, insert_events, insert_notifications, read_owed};
pub(crate) use write::{CANCEL, Rejected, Step, Written, execute, write, write_and_name, write_standings};

use crate::{Ledger, LedgerError};

/// As many applications as one transaction locks: a bulk change must not keep others waiting for long.
const CHUNK: usize = 500;

/// A deadlock or a lost race: the transaction is rolled back and the next attempt sees what the winner wrote.
pub(crate) const ATTEMPTS: usize = 4;

/// What became of one application of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    pub application: ApplicationId,
    pub result: Result<(), ChangeRefused>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeRefused {
    #[error("there is no such application")]
    NoSuchApplication,
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Its applicant's data was erased.
    #[error("the applicant's data was erased")]
    Erased,
    #[error("the applicant applied for the job again: {0} is active")]
    AppliedAgain(ApplicationId),
    /// Its record holds what this release cannot read.
    #[error("the application cannot be read: {0}")]
    Unreadable(String),
}

/// Something that happens to applications, with all that the record says about it.
pub(crate) struct Change<'a> {
    pub(crate) happening: Happening,
    pub(crate) event: EventKind,
    pub(crate) data: Value,
    pub(crate) rejected: Rejected<'a>,
    pub(crate) actor: &'a Actor,
}

/// Makes the change to each application, or says why not. Applications do not depend on each other: a refusal stops only its own.
pub(crate) async fn change(ledger: &Ledger, applications: &[ApplicationId], change: &Change<'_>) -> Result<Vec<Changed>, LedgerError> {
    let ascending: Vec<ApplicationId> = applications.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
    let mut results = BTreeMap::new();
    for chunk in ascending.chunks(CHUNK) {
        let mut attempt = 1;
        let changed = loop {
            match change_chunk(ledger, chunk, change).await {
                Err(error) if error.is_lost_race() && attempt < ATTEMPTS => attempt += 1,
                other => break other?,
            }
        };
        results.extend(changed);
    }
    let result = |id: &ApplicationId| results.get(id).cloned().unwrap_or(Err(ChangeRefused::NoSuchApplication));
    Ok(applications.iter().map(|id| Changed { application: *id, result: result(id) }).collect())
}

async fn change_chunk(
    ledger: &Ledger,
    chunk: &[ApplicationId],
    change: &Change<'_>,
) -> Result<Vec<(ApplicationId, Result<(), ChangeRefused>)>, LedgerError> {
    let transaction = ledger.database().begin().await?;
    let LockedAll { readable: locked, unreadable } = lock(&transaction, chunk, Lock::WithMessages).await?;
    let now = ledger.clock().now();
    let mut again = match change.happening {
        Happening::Unrejected => facts::active_again(&transaction, chunk).await?,
        _ => Default::default(),
    };
    let mut results: Vec<_> = unreadable.into_iter().map(|(id, reason)| (id, Err(ChangeRefused::Unreadable(reason)))).collect();
    let mut steps = Vec::with_capacity(chunk.len());
    let mut reopened = HashSet::new();
    for (id, locked) in &locked {
        if locked.is_erased {
            results.push((*id, Err(ChangeRefused::Erased)));
            continue;
        }
        let decided = decide(&change.happening, &locked.facts, &ledger.policy_under(&locked.overriding), now)
            .map_err(ChangeRefused::Refused)
            .and_then(|decision| match (change.event, again.remove(id)) {
                (EventKind::Unrejected, Some(active)) => Err(ChangeRefused::AppliedAgain(active)),
                (EventKind::Unrejected, None) if !reopened.insert(locked.person_and_job) => Err(ChangeRefused::AppliedAgain(*id)),
                _ => Ok(decision),
            });
        match decided {
            Ok(decision) => {
                if changes_something(&decision, locked) || is_evidence(&change.happening, &locked.facts.standing) {
                    let event = NewEvent::of(change.event, change.actor, change.data.clone());
                    let rejected = change.rejected.also_by_itself(&decision.standing, locked);
                    steps.push(Step { locked, decision, settled: None, event: Some(event), rejected, words: None });
                }
                results.push((*id, Ok(())));
            }
            Err(refused) => results.push((*id, Err(refused))),
        }
    }
    let something_due = write(ledger, &transaction, steps, now).await?;
    transaction.commit().await?;
    if something_due {
        ledger.wake();
    }
    Ok(results)
}

/// Withdrawing twice, or moving to where it stands already, leaves no trace.
pub(crate) fn changes_something(decision: &Decision, locked: &Locked) -> bool {
    let Decision { standing, owe, cancel, reschedule, alerts, exempt } = decision;
    *standing != locked.facts.standing
        || !(owe.is_empty() && cancel.is_empty() && reschedule.is_empty() && alerts.is_empty() && exempt.is_none())
}

/// What a law may ask about is on record even where no date follows from it.
fn is_evidence(happening: &Happening, standing: &Standing) -> bool {
    match happening {
        Happening::Interviewed { at } => standing.last_interview != Some(*at),
        Happening::ToldOtherwise { .. } | Happening::Replied | Happening::WrittenTo { .. } => true,
        Happening::Submitted { .. }
        | Happening::Moved { .. }
        | Happening::Rejected { .. }
        | Happening::Unrejected
        | Happening::Hired { .. }
        | Happening::Withdrawn { .. }
        | Happening::Postponed { .. }
        | Happening::MarkedAsAnswered
        | Happening::AddressCorrected { .. }
        | Happening::Complained
        | Happening::NextWordDue
        | Happening::DecisionDue
        | Happening::Accepted { .. }
        | Happening::NotTold { .. }
        | Happening::CancelAsked { .. }
        | Happening::TakenBack { .. }
        | Happening::TakenBackInDoubt { .. } => false,
    }
}

#[cfg(test)]
mod tests;
