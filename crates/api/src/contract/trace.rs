//! The name of a request: from `X-Request-Id`, or made here. Every line of the log that belongs to the request has it, every answer and
//! every problem too; `traceparent` (W3C Trace Context) lets the caller's own traces find them.

use std::future::Future;

use actix_web::dev::ServiceRequest;
use hearback_domain::trace::Trace;
use tracing::Span;

use crate::server::Server;

tokio::task_local! {
    // Ambient on purpose: a problem is turned into an answer where nobody has the request any more.
    static REQUEST: String;
}

pub(super) struct Named {
    pub(super) id: String,
    /// What the caller named it by: that goes on with what comes of the request. A name made here is for this log alone.
    pub(super) given: Option<Trace>,
}

impl Named {
    pub(super) fn of(request: &ServiceRequest, server: &Server) -> Self {
        let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
        let given = Trace::of(header("x-request-id"), header("traceparent"));
        let id = given.as_ref().and_then(Trace::request_id).map(str::to_owned);
        Self { id: id.unwrap_or_else(|| server.ledger.new_request_id().to_string()), given }
    }

    pub(super) fn span(&self) -> Span {
        match self.given.as_ref().and_then(Trace::trace_id) {
            Some(trace) => tracing::info_span!("request", request_id = %self.id, trace_id = %trace),
            None => tracing::info_span!("request", request_id = %self.id),
        }
    }
}

pub(super) fn within<F: Future>(id: String, answer: F) -> impl Future<Output = F::Output> {
    REQUEST.scope(id, answer)
}

/// Of the request that is being answered; none outside `/v1`.
pub(crate) fn request_id() -> Option<String> {
    REQUEST.try_with(Clone::clone).ok()
}
