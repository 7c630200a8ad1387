//! Keeps mails instead of sending them: for development, demonstrations and tests.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use chrono::TimeDelta;
use hearback_domain::{EmailAddress, clock::Clock, notification::Outcome};

use super::Transport;
use crate::Composed;

/// How long the store is left alone after it failed.
const PAUSE: TimeDelta = TimeDelta::seconds(5);

/// A mail as a relay would have got it.
#[derive(Clone, PartialEq, Eq)]
pub struct CapturedMail {
    pub message_id: String,
    pub envelope_from: EmailAddress,
    pub to: EmailAddress,
    pub subject: String,
    pub raw: Vec<u8>,
}

/// Debug output ends in logs, where texts must not.
impl std::fmt::Debug for CapturedMail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CapturedMail")
            .field("message_id", &self.message_id)
            .field("to", &self.to)
            .field("bytes", &self.raw.len())
            .finish_non_exhaustive()
    }
}

/// The store could not keep the mail.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct CaptureStoreError(pub String);

/// Where captured mails are kept; in a table, so that every process sees them.
#[async_trait]
pub trait CaptureStore: Send + Sync + 'static {
    async fn append(&self, mail: CapturedMail) -> Result<(), CaptureStoreError>;
}

/// Appends every mail to a store, and answers as a relay would.
pub struct Capture<S> {
    store: S,
    clock: Arc<dyn Clock>,
}

impl<S: CaptureStore> Capture<S> {
    pub fn new(store: S, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }
}

#[async_trait]
impl<S: CaptureStore> Transport for Capture<S> {
    fn name(&self) -> &str {
        "capture"
    }

    async fn hand_over(&self, mail: &Composed) -> Outcome {
        let Composed { message_id, envelope_from, to, subject, raw, text: _, template_version: _, sha256: _ } = mail.clone();
        match self.store.append(CapturedMail { message_id, envelope_from, to, subject, raw }).await {
            Ok(()) => Outcome::Accepted { reply: "250 2.0.0 captured".to_owned() },
            Err(error) => Outcome::RelayDown { reason: format!("capture store: {error}"), resume_at: self.clock.now() + PAUSE },
        }
    }
}

/// A store in this process, which can be made to fail. Clones share what they hold.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore(Arc<Memory>);

#[derive(Debug, Default)]
struct Memory {
    mails: Mutex<Vec<CapturedMail>>,
    away: AtomicBool,
}

impl MemoryStore {
    /// In the order they were kept.
    pub fn mails(&self) -> Vec<CapturedMail> {
        self.0.mails.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn set_away(&self, away: bool) {
        self.0.away.store(away, Ordering::SeqCst);
    }
}

#[async_trait]
impl CaptureStore for MemoryStore {
    async fn append(&self, mail: CapturedMail) -> Result<(), CaptureStoreError> {
        if self.0.away.load(Ordering::SeqCst) {
            return Err(CaptureStoreError("away".to_owned()));
        }
        self.0.mails.lock().unwrap_or_else(PoisonError::into_inner).push(mail);
        Ok(())
    }
}
