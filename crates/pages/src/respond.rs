//! From what a handler found to what the browser gets.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
};
use hearback_domain::locale::Locale;
use minijinja::{Value, context};

use crate::{refusal::Refusal, site::Site};

/// What a handler found.
pub(crate) enum Answer {
    Page(String),
    /// Another page of ours, by its path.
    SeeOther(String),
    Json(serde_json::Value),
    /// Words that nobody interprets.
    Plain(Vec<u8>),
    /// HTML that came in a mail.
    MailHtml(String),
}

/// What a mail may do in a browser: look as it was meant to. `sandbox` gives it an origin of its own and no scripts, also when it is
/// opened outside the frame.
const MAIL_POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox";

/// A document without markup of its own loads nothing and runs nothing.
const PLAIN_POLICY: &str = "default-src 'none'; frame-ancestors 'none'; sandbox";

const HTML: &str = "text/html; charset=utf-8";

impl Site {
    pub(crate) fn page(&self, template: &str, values: Value) -> Result<Answer, Refusal> {
        self.fill_in(template, values).map(Answer::Page)
    }

    pub(crate) fn respond(&self, found: Result<Answer, Refusal>) -> HttpResponse {
        self.respond_in(Locale::En, found)
    }

    /// `locale` is the reader's, for what is no page of an application.
    pub(crate) fn respond_in(&self, locale: Locale, found: Result<Answer, Refusal>) -> HttpResponse {
        match found {
            Ok(Answer::SeeOther(path)) => {
                let mut response = response(StatusCode::SEE_OTHER, HTML, PLAIN_POLICY, "");
                let location = header::HeaderValue::from_str(&format!("{}{path}", self.base));
                response.headers_mut().insert(header::LOCATION, location.expect("a token that was read is ASCII"));
                response
            }
            Ok(Answer::Page(html)) => response(StatusCode::OK, HTML, &self.policy, html),
            Ok(Answer::Json(json)) => response(StatusCode::OK, "application/json", PLAIN_POLICY, json.to_string()),
            Ok(Answer::Plain(text)) => response(StatusCode::OK, "text/plain; charset=utf-8", PLAIN_POLICY, text),
            Ok(Answer::MailHtml(html)) => response(StatusCode::OK, HTML, MAIL_POLICY, html),
            Err(refusal) => self.refuse(locale, &refusal),
        }
    }

    fn refuse(&self, locale: Locale, refusal: &Refusal) -> HttpResponse {
        match refusal {
            Refusal::NoSuchLink | Refusal::NotFound | Refusal::MethodNotAllowed | Refusal::NotDone => {}
            Refusal::Ledger(error) => tracing::error!(%error, "a page could not be shown"),
            Refusal::Template(error) => tracing::error!(%error, "a page could not be shown"),
        }
        let (headline, paragraphs) = refusal.words(locale);
        let values = context! { lang => locale.as_str(), headline, paragraphs => paragraphs.to_vec() };
        let html = self.fill_in("refusal.html", values).unwrap_or_else(|_| headline.to_owned());
        let mut response = response(refusal.status(), HTML, &self.policy, html);
        if refusal.status() == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("10"));
        }
        response
    }
}

/// All of it is about people: no cache keeps it, no search engine lists it, and no other site is told the address, which may be a secret.
fn response(status: StatusCode, content_type: &str, policy: &str, body: impl Into<Vec<u8>>) -> HttpResponse {
    HttpResponse::build(status)
        .content_type(content_type)
        .insert_header((header::CONTENT_SECURITY_POLICY, policy))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header(("X-Robots-Tag", "noindex, nofollow"))
        .body(body.into())
}
