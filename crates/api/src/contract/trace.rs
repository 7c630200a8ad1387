//! The name of a request: from `X-Request-Id`, or made here. Every line of the log that belongs to the request has it, every answer and
//! every problem too; `traceparent` (W3C Trace Context) lets the caller's own traces find them.

use std::future::Future;

use actix_web::dev::ServiceRequest;
use tracing::Span;

use crate::server::Server;

/// In characters.
const MOST: usize = 128;

tokio::task_local! {
    // Ambient on purpose: a problem is turned into an answer where nobody has the request any more.
    static REQUEST: String;
}

pub(super) struct Named {
    pub(super) id: String,
    trace: Option<String>,
}

impl Named {
    pub(super) fn of(request: &ServiceRequest, server: &Server) -> Self {
        let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
        let given = header("x-request-id").filter(|id| is_name(id)).map(str::to_owned);
        let id = given.unwrap_or_else(|| server.ledger.new_request_id().to_string());
        Self { id, trace: header("traceparent").and_then(trace_id) }
    }

    pub(super) fn span(&self) -> Span {
        match &self.trace {
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

/// What others call a request goes into our log: nothing that could be taken for something else there.
fn is_name(id: &str) -> bool {
    (1..=MOST).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':' | b'/' | b'+' | b'='))
}

/// `version-trace-parent-flags`, where a trace of zeros only is none.
fn trace_id(given: &str) -> Option<String> {
    let parts: Vec<&str> = given.trim().split('-').collect();
    let [version, trace, parent, flags, ..] = parts[..] else { return None };
    let is_hex = |part: &str, length: usize| part.len() == length && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let holds = is_hex(version, 2) && version != "ff" && is_hex(trace, 32) && is_hex(parent, 16) && is_hex(flags, 2);
    (holds && trace.bytes().any(|byte| byte != b'0') && (version != "00" || parts.len() == 4)).then(|| trace.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_traceparent_as_the_standard_has_it_counts() {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        assert_eq!(trace_id(&format!("00-{trace}-00f067aa0ba902b7-01")).as_deref(), Some(trace));
        for wrong in [
            String::new(),
            format!("ff-{trace}-00f067aa0ba902b7-01"),
            format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)),
            format!("00-{}-00f067aa0ba902b7-01", trace.to_uppercase()),
            format!("00-{trace}-00f067aa0ba902b7-01-x"),
            format!("00-{trace}"),
        ] {
            assert_eq!(trace_id(&wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_name_cannot_pretend_to_be_more() {
        assert!(is_name("3f1c-a.b:c/d") && is_name(&"a".repeat(128)));
        for wrong in ["", "a b", "a\"b", "a\nb", &"a".repeat(129)] {
            assert!(!is_name(wrong), "{wrong:?}");
        }
    }
}
