//! The page for a form that could not be taken: what to change, with what was typed.

mod words;

use actix_web::{HttpResponse, ResponseError, http::header};
use data_encoding::BASE64;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context};
use sha2::{Digest, Sha256};
use url::Url;
use words::words;

use super::form::ApplicationForm;
use crate::{
    fields::{FieldError, Fields},
    problem::Problem,
};

const TEMPLATE: &str = "form.html";
const STYLE: &str = include_str!("../../../../templates/form.css");

pub(crate) struct FormPage {
    templates: Environment<'static>,
    policy: String,
}

/// What came with the form and goes with the next try.
#[derive(Clone, Debug, Default)]
pub(super) struct Typed {
    key: String,
    next: String,
    name: String,
    email: String,
    locale: String,
    time_zone: String,
}

impl Typed {
    pub(super) fn of(form: &ApplicationForm) -> Self {
        let text = |given: &Option<String>| given.clone().unwrap_or_default();
        Self {
            key: text(&form.key),
            next: text(&form.next),
            name: text(&form.name),
            email: text(&form.email),
            locale: text(&form.locale),
            time_zone: text(&form.time_zone),
        }
    }
}

impl FormPage {
    pub(crate) fn new(public_url: &Url) -> Self {
        let mut templates = Environment::new();
        templates.set_undefined_behavior(UndefinedBehavior::Strict);
        templates.set_auto_escape_callback(|_| AutoEscape::Html);
        templates.add_global("style", Value::from_safe_string(STYLE.to_owned()));
        let source = include_str!("../../../../templates/form.html");
        templates.add_template(TEMPLATE, source).expect("the template is compiled in and rendered by tests");
        let style = BASE64.encode(&Sha256::digest(STYLE));
        // Browsers hold the address that a form is redirected to against `form-action` too.
        let origin = public_url.origin().ascii_serialization();
        let policy =
            format!("default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'self' {origin}; frame-ancestors 'none'");
        Self { templates, policy }
    }

    /// `typed` is shown again where another try makes sense.
    pub(super) fn respond(&self, problem: &Problem, typed: Option<&Typed>) -> HttpResponse {
        // Logs what the applicant is not told, and has the headers that belong to the problem.
        let mut response = problem.error_response();
        let html = self.html(problem, typed);
        let headers = response.headers_mut();
        let more = [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::REFERRER_POLICY, "no-referrer"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ];
        for (name, value) in more {
            headers.insert(name, header::HeaderValue::from_static(value));
        }
        let policy = header::HeaderValue::from_str(&self.policy).expect("an origin and a hash are ASCII");
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        response.set_body(actix_web::body::BoxBody::new(html))
    }

    fn html(&self, problem: &Problem, typed: Option<&Typed>) -> String {
        let words = words(problem.code());
        let none = Fields::default();
        let fields = match problem {
            Problem::InvalidBody(fields) => fields,
            _ => &none,
        };
        let wrong = |field: &str| fields.of(field).map(|error| error.detail.clone());
        // What the applicant did not type they cannot change: left out, the next try goes without it.
        let kept = |field: &str, value: &str| if fields.of(field).is_some() { String::new() } else { value.to_owned() };
        let form = typed.filter(|_| words.again).map(|typed| {
            let Typed { key, next, name, email, locale, time_zone } = typed.clone();
            context! {
                key, next, name, email,
                locale => kept("locale", &locale),
                time_zone => kept("time_zone", &time_zone),
                name_wrong => wrong("name"),
                email_wrong => wrong("email"),
            }
        });
        let others: Vec<String> = fields.errors().iter().filter(|error| !is_typed(error)).map(|error| error.field.clone()).collect();
        let values = context! { headline => words.headline, paragraphs => words.paragraphs.to_vec(), form, others };
        let rendered = self.templates.get_template(TEMPLATE).and_then(|template| template.render(values));
        rendered.unwrap_or_else(|error| {
            tracing::error!(%error, "the page of a form cannot be rendered");
            words.headline.to_owned()
        })
    }
}

fn is_typed(error: &FieldError) -> bool {
    matches!(error.field.as_str(), "name" | "email")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{fields::FieldCode, problem::Code};

    fn page() -> FormPage {
        FormPage::new(&"https://jobs.example.com".parse().unwrap())
    }

    #[test]
    fn every_kind_of_problem_has_words_for_an_applicant() {
        for code in Code::ALL {
            let words = words(*code);
            assert!(!words.headline.is_empty() && !words.paragraphs.is_empty(), "{code:?}");
        }
    }

    #[test]
    fn what_was_typed_is_shown_again_and_stays_text() {
        let mut fields = Fields::default();
        fields.refuse("email", FieldCode::InvalidAddress, "must have the form name@example.com".to_owned());
        fields.refuse("<b>", FieldCode::Unknown, "unknown".to_owned());
        let text = "\"><script>alert(1)</script>";
        let typed =
            Typed { name: text.to_owned(), email: text.to_owned(), locale: text.to_owned(), next: text.to_owned(), ..Typed::default() };
        let html = page().html(&Problem::InvalidBody(fields), Some(&typed));
        assert!(html.contains("must have the form name@example.com"), "{html}");
        assert!(!html.contains("<script") && !html.contains("<b>"), "{html}");
        assert!(html.contains("&lt;script&gt;"), "{html}");
    }
}
