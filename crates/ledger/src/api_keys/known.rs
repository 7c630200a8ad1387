//! Keys that were looked up a moment ago: a careers page sends the same one with every application.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};
use hearback_domain::{ids::ApiKeyId, origin::Origin};
use sha2::{Digest, Sha256};

use super::Caller;

/// How long what was looked up is taken without looking again.
const FOR: Duration = Duration::from_secs(1);

/// Far more keys than an organisation has.
const MOST: usize = 1_000;

/// By a hash of the key's text: what lies in memory opens nothing.
#[derive(Debug, Default)]
pub(crate) struct KnownCallers {
    callers: Mutex<HashMap<[u8; 32], (Instant, Caller)>>,
    origins: Mutex<HashMap<Origin, (Instant, bool)>>,
    uses: Mutex<HashMap<ApiKeyId, DateTime<Utc>>>,
}

impl KnownCallers {
    pub(super) fn recall(&self, text: &str) -> Option<Caller> {
        let known = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&digest(text)).filter(|(since, _)| since.elapsed() < FOR).map(|(_, caller)| caller.clone())
    }

    pub(super) fn remember(&self, text: &str, caller: Caller) {
        let mut known = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(digest(text), (Instant::now(), caller));
    }

    pub(super) fn forget(&self) {
        self.callers.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.origins.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    pub(super) fn recall_origin(&self, origin: &Origin) -> Option<bool> {
        let known = self.origins.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(origin).filter(|(since, _)| since.elapsed() < FOR).map(|(_, allowed)| *allowed)
    }

    pub(super) fn remember_origin(&self, origin: &Origin, allowed: bool) {
        let mut known = self.origins.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(origin.clone(), (Instant::now(), allowed));
    }

    /// Whether this use is one to be noted: the first of a while in this process.
    pub(super) fn notes_use_of(&self, key: ApiKeyId, now: DateTime<Utc>, every: TimeDelta) -> bool {
        let mut uses = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
        if uses.len() >= MOST {
            uses.clear();
        }
        let is_first = uses.get(&key).is_none_or(|last| now - *last >= every);
        if is_first {
            uses.insert(key, now);
        }
        is_first
    }
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}
