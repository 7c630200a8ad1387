//! Which policy an application is under: the organisation's, with what its board does otherwise, and its job.
//!
//! Overrides are read with the facts, in the same transaction, so that a decision never goes by a policy that was changed before it.

mod adopt;
mod preview;
mod rederive;
mod set;
mod source;
#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use hearback_domain::policy::{Overrides, Policy};

pub use preview::{PolicyPreview, PolicyPreviewed};
pub use set::{PolicyError, PolicyProgress, PolicyRecord};
pub use source::WhosePolicy;

use crate::Ledger;

/// More different ones than any organisation has at a time; beyond that they are read again.
const MOST: usize = 1_000;

/// What a board and a job do otherwise, as it stands in their rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Overriding {
    pub(crate) board: Option<String>,
    pub(crate) job: Option<String>,
}

/// The policies that were needed so far: most applications share one, and each is read once.
pub(crate) struct Policies {
    organisation: Arc<Policy>,
    known: Mutex<HashMap<Overriding, Arc<Policy>>>,
}

impl Policies {
    pub(crate) fn new(organisation: Policy) -> Self {
        Self { organisation: Arc::new(organisation), known: Mutex::default() }
    }
}

impl Ledger {
    pub(crate) fn policy_under(&self, overriding: &Overriding) -> Arc<Policy> {
        let policies = self.policies();
        if *overriding == Overriding::default() {
            return Arc::clone(&policies.organisation);
        }
        let mut known = policies.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(policy) = known.get(overriding) {
            return Arc::clone(policy);
        }
        if known.len() >= MOST {
            known.clear();
        }
        let policy = Arc::new(merged(&policies.organisation, overriding));
        known.insert(overriding.clone(), Arc::clone(&policy));
        policy
    }
}

fn merged(organisation: &Policy, Overriding { board, job }: &Overriding) -> Policy {
    over(&over(organisation, board.as_deref()), job.as_deref())
}

/// What this release cannot read, or what makes no sense any more under a changed policy above it, is as if it were not there: an applicant
/// whose promises nobody can read would have none.
fn over(above: &Policy, text: Option<&str>) -> Policy {
    let Some(text) = text else { return above.clone() };
    let read = serde_json::from_str::<Overrides>(text).map_err(|error| error.to_string());
    let merged = read.and_then(|overrides| above.with(&overrides).map_err(|problems| format!("{problems:?}")));
    merged.unwrap_or_else(|reason| {
        tracing::error!(reason, "the policy of a board or a job cannot be used; the one above it is");
        above.clone()
    })
}
