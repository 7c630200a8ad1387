//! Keys that were looked up a moment ago: a careers page sends the same one with every application.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use sha2::{Digest, Sha256};

use super::Caller;

/// How long a key is taken without looking: for so long, another process's revocation may go unnoticed.
const FOR: Duration = Duration::from_secs(1);

/// Far more keys than an organisation has.
const MOST: usize = 1_000;

/// By a hash of the key's text: what lies in memory opens nothing.
#[derive(Debug, Default)]
pub(crate) struct KnownCallers(Mutex<HashMap<[u8; 32], (Instant, Caller)>>);

impl KnownCallers {
    pub(super) fn recall(&self, text: &str) -> Option<Caller> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&digest(text)).filter(|(since, _)| since.elapsed() < FOR).map(|(_, caller)| *caller)
    }

    pub(super) fn remember(&self, text: &str, caller: Caller) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(digest(text), (Instant::now(), caller));
    }

    pub(super) fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}
