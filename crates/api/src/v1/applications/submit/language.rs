//! The language to write to an applicant in, where they named none.

use actix_web::{HttpRequest, http::header};
use hearback_domain::locale::{Language, Locale};
use hearback_ledger::{ApiKeyKind, Caller};

/// What the applicant's browser prefers. A secret key is some server's, whose header tells of whoever programmed it.
pub(super) fn of_browser(request: &HttpRequest, caller: &Caller) -> Option<Locale> {
    match caller.kind {
        ApiKeyKind::Publishable => {
            // RFC 9110, section 5.3: the same header twice is one list.
            let given: Vec<&str> = request.headers().get_all(header::ACCEPT_LANGUAGE).filter_map(|value| value.to_str().ok()).collect();
            Language::accepted(&given.join(","))
        }
        ApiKeyKind::Secret => None,
    }
}
