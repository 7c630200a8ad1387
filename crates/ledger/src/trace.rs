//! What the caller of a request named it by, for whatever the task that answers it puts on record.

use hearback_domain::trace::Trace;

tokio::task_local! {
    static TRACE: Option<Trace>;
}

/// Runs what answers a request: events and messages that follow from it are named by it.
pub async fn traced<F: Future>(trace: Option<Trace>, answer: F) -> F::Output {
    TRACE.scope(trace, answer).await
}

/// As it is kept; nothing where nobody named the request, or none is answered.
pub(crate) fn current() -> Option<String> {
    TRACE.try_with(|trace| trace.as_ref().map(Trace::to_string)).ok().flatten()
}

#[cfg(test)]
mod tests;
