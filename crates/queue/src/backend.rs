//! The ledger's due rows as a backend of apalis. It never fails: apalis would drop every handler in flight for it. That a database is away
//! is the affair of whoever claims (`claims.rs`, `periodic.rs`).

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use apalis_core::{
    backend::{Backend, BackendConfig, finalize::Ephemeral},
    task::{Task, builder::TaskBuilder, task_id::TaskId},
    worker::context::WorkerContext,
};
use tower_layer::Identity;

use crate::buffer::Buffer;

/// Yields what was claimed, with the claimed row as the task's argument: there is nothing to encode or to look up.
pub(crate) struct LedgerBackend<T> {
    claimed: Arc<Buffer<T>>,
    yielded: AtomicU64,
}

impl<T> LedgerBackend<T> {
    pub(crate) fn new(claimed: Arc<Buffer<T>>) -> Self {
        Self { claimed, yielded: AtomicU64::new(0) }
    }
}

impl<T: Send + 'static> Backend for LedgerBackend<T> {
    type Task = Task<T>;
    type Error = Infallible;

    fn poll_ready(&mut self, _context: &mut Context<'_>, _worker: &WorkerContext) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn poll_next(&mut self, context: &mut Context<'_>, _worker: &WorkerContext) -> Poll<Option<Result<Task<T>, Infallible>>> {
        self.claimed.poll_pop(context).map(|claimed| {
            let number = self.yielded.fetch_add(1, Ordering::Relaxed);
            Some(Ok(TaskBuilder::new(claimed).task_id(TaskId::from_int(number)).build()))
        })
    }

    /// What nobody began was given back before the worker was asked to stop.
    fn poll_close(&mut self, _context: &mut Context<'_>, _worker: &WorkerContext) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }
}

impl<T> BackendConfig for LedgerBackend<T> {
    type Args = T;
    type Id = u64;
    type Kind = Ephemeral;
    type Config = ();
    type Layer = Identity;

    fn config(&self) -> &() {
        &()
    }

    fn middleware(&mut self, _worker: &mut WorkerContext) -> Identity {
        Identity::new()
    }
}
