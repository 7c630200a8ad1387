//! Pages of other origins (Fetch standard): they may submit applications where a publishable key allows it, and nothing else.
//!
//! A preflight comes without the key, so it is answered for all keys together; the request itself is held against its own key's list
//! (`auth.rs`). Nothing that a secret key opens is for pages.

use actix_web::{
    HttpResponse,
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method,
        header::{self, HeaderMap, HeaderValue},
    },
};
use hearback_domain::origin::Origin;

use crate::server::Server;

const METHODS: &str = "POST";
const HEADERS: &str = "authorization, content-type, idempotency-key, x-request-id, traceparent";

/// What a page's script may read.
const EXPOSED: &str = "location, retry-after, x-request-id";

/// In seconds: a revoked origin is noticed with the request itself, whatever the browser remembers.
const REMEMBER: &str = "600";

/// Where applications come in.
pub(super) fn is_for_pages(path: &str) -> bool {
    path.starts_with("/v1/jobs/") && path.ends_with("/applications")
}

pub(super) struct Asked {
    origin: Option<HeaderValue>,
    is_preflight: bool,
    /// Whether the path is one for pages.
    is_for_pages: bool,
}

impl Asked {
    pub(super) fn of(request: &ServiceRequest) -> Self {
        let headers = request.headers();
        let is_preflight = request.method() == Method::OPTIONS && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        Self { origin: headers.get(header::ORIGIN).cloned(), is_preflight, is_for_pages: is_for_pages(request.path()) }
    }

    /// Without a database nobody is allowed, and the request itself says what is wrong.
    pub(super) async fn allowed(&self, server: &Server) -> bool {
        let origin = self.origin.as_ref().filter(|_| self.is_for_pages).and_then(|origin| origin.to_str().ok()?.parse::<Origin>().ok());
        match origin {
            Some(origin) => server.ledger.some_key_allows(&origin).await.unwrap_or(false),
            None => false,
        }
    }

    pub(super) fn preflight(&self, allowed: bool) -> Option<HttpResponse> {
        if !(self.is_preflight && self.is_for_pages) {
            return None;
        }
        let mut response = HttpResponse::NoContent().finish();
        self.allow(response.headers_mut(), allowed);
        if allowed {
            let more = [
                (header::ACCESS_CONTROL_ALLOW_METHODS, METHODS),
                (header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS),
                (header::ACCESS_CONTROL_MAX_AGE, REMEMBER),
            ];
            more.into_iter().for_each(|(name, value)| {
                response.headers_mut().insert(name, HeaderValue::from_static(value));
            });
        }
        Some(response)
    }

    pub(super) fn mark<B>(&self, response: &mut ServiceResponse<B>, allowed: bool) {
        if self.is_for_pages && self.origin.is_some() {
            self.allow(response.headers_mut(), allowed);
        }
    }

    fn allow(&self, headers: &mut HeaderMap, allowed: bool) {
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
        if let Some(origin) = self.origin.clone().filter(|_| allowed) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
        }
    }
}
