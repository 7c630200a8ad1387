//! The language of whoever looks at a page that belongs to no application.

use actix_web::{HttpRequest, http::header};
use hearback_domain::locale::{Language, Locale};

/// What their browser asks for, as far as we write it.
pub(crate) fn locale(request: &HttpRequest) -> Locale {
    let asked = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|header| header.to_str().ok());
    asked.and_then(Language::accepted).unwrap_or(Locale::En)
}
