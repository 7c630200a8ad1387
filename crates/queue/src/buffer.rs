//! What was claimed and waits for a free slot.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

/// Filled by what claims, emptied by the worker that polls.
#[derive(Debug)]
pub(crate) struct Buffer<T>(Mutex<Inner<T>>);

#[derive(Debug)]
struct Inner<T> {
    waiting: VecDeque<T>,
    worker: Option<Waker>,
}

impl<T> Default for Buffer<T> {
    fn default() -> Self {
        Self(Mutex::new(Inner { waiting: VecDeque::new(), worker: None }))
    }
}

impl<T> Buffer<T> {
    pub(crate) fn push(&self, claimed: impl IntoIterator<Item = T>) {
        let worker = {
            let mut inner = self.lock();
            inner.waiting.extend(claimed);
            inner.worker.take()
        };
        if let Some(worker) = worker {
            worker.wake();
        }
    }

    pub(crate) fn poll_pop(&self, context: &Context<'_>) -> Poll<T> {
        let mut inner = self.lock();
        match inner.waiting.pop_front() {
            Some(claimed) => Poll::Ready(claimed),
            None => {
                inner.worker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }

    /// Takes everything that nobody has begun.
    pub(crate) fn drain(&self) -> Vec<T> {
        self.lock().waiting.drain(..).collect()
    }

    /// What is behind the lock is whole at any moment, so a panic of another holder does not matter.
    fn lock(&self) -> MutexGuard<'_, Inner<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, sync::Arc};

    use super::*;

    #[tokio::test]
    async fn whoever_waits_is_woken_by_what_comes() {
        let buffer = Arc::new(Buffer::default());
        let waits = tokio::spawn({
            let buffer = Arc::clone(&buffer);
            async move { poll_fn(|context| buffer.poll_pop(context)).await }
        });
        tokio::task::yield_now().await;
        buffer.push([7, 8]);
        assert_eq!(waits.await.unwrap(), 7);
        assert_eq!(buffer.drain(), [8]);
        assert!(buffer.drain().is_empty());
    }
}
