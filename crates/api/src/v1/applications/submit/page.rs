//! The page for a form that could not be taken: what to change, with what was typed.

mod labels;
mod mistakes;
mod words;

use actix_web::{HttpResponse, ResponseError, http::header};
use data_encoding::BASE64;
use hearback_domain::locale::{Language, Locale};
use labels::labels;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context};
use mistakes::mistake;
use sha2::{Digest, Sha256};
use url::Url;
use words::words;

use super::{files::WITH_FILES, form::ApplicationForm};
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
    idempotency_key: String,
    name: String,
    email: String,
    locale: String,
    time_zone: String,
    /// Files were chosen, and came without their content.
    only_names_of_files: bool,
}

impl Typed {
    pub(super) fn of(form: &ApplicationForm) -> Self {
        let text = |given: &Option<String>| given.clone().unwrap_or_default();
        Self {
            key: text(&form.key),
            next: text(&form.next),
            idempotency_key: text(&form.idempotency_key),
            name: text(&form.name),
            email: text(&form.email),
            locale: text(&form.locale),
            time_zone: text(&form.time_zone),
            only_names_of_files: form.resume.is_some() || form.attachments.is_some(),
        }
    }

    /// The language that the form asked for.
    pub(super) fn locale(&self) -> Option<Locale> {
        self.locale.parse::<Language>().ok().and_then(Language::locale)
    }
}

impl FormPage {
    pub(crate) fn new(public_url: &Url, next_origins: &[String]) -> Self {
        let mut templates = Environment::new();
        templates.set_undefined_behavior(UndefinedBehavior::Strict);
        templates.set_auto_escape_callback(|_| AutoEscape::Html);
        templates.add_global("style", Value::from_safe_string(STYLE.to_owned()));
        let source = include_str!("../../../../templates/form.html");
        templates.add_template(TEMPLATE, source).expect("the template is compiled in and rendered by tests");
        let style = BASE64.encode(&Sha256::digest(STYLE));
        // Browsers hold the address that a form is redirected to against `form-action` too.
        let origin = public_url.origin().ascii_serialization();
        let origins = [&[origin][..], next_origins].concat().join(" ");
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'self' {origins}; frame-ancestors 'none'"
        );
        Self { templates, policy }
    }

    /// `typed` is shown again where another try makes sense. A browser does not give files a second time: they have to be chosen anew.
    pub(super) fn respond(&self, locale: Locale, problem: &Problem, typed: Option<&Typed>, with_files: bool) -> HttpResponse {
        // Logs what the applicant is not told, and has the headers that belong to the problem.
        let mut response = problem.error_response();
        let html = self.html(locale, problem, typed, with_files);
        let headers = response.headers_mut();
        let more = [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CACHE_CONTROL, "no-store"),
            // With `no-referrer` the next try would come from the origin `null`, which no key allows.
            (header::REFERRER_POLICY, "same-origin"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ];
        for (name, value) in more {
            headers.insert(name, header::HeaderValue::from_static(value));
        }
        let policy = header::HeaderValue::from_str(&self.policy).expect("origins and a hash are ASCII");
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        response.set_body(actix_web::body::BoxBody::new(html))
    }

    fn html(&self, locale: Locale, problem: &Problem, typed: Option<&Typed>, with_files: bool) -> String {
        let (words, labels) = (words(locale, problem.code()), labels(locale));
        let only_names_of_files = typed.is_some_and(|typed| typed.only_names_of_files);
        let with_files = with_files || only_names_of_files;
        let none = Fields::default();
        let fields = match problem {
            Problem::InvalidBody(fields) => fields,
            _ => &none,
        };
        let wrong = |field: &str, label: &str| fields.of(field).map(|error| mistake(locale, label, error));
        // What the applicant did not type they cannot change: left out, the next try goes without it.
        let kept = |field: &str, value: &str| if fields.of(field).is_some() { String::new() } else { value.to_owned() };
        let form = typed.filter(|_| words.again).map(|typed| {
            let Typed { key, next, idempotency_key, name, email, locale, time_zone, only_names_of_files: _ } = typed.clone();
            context! {
                key, next, idempotency_key, name, email, with_files,
                locale => kept("locale", &locale),
                time_zone => kept("time_zone", &time_zone),
                name_wrong => wrong("name", labels.name),
                email_wrong => wrong("email", labels.email),
                resume_wrong => wrong("resume", labels.resume),
                attachments_wrong => wrong("attachments", labels.attachments),
            }
        });
        let others: Vec<String> = fields.errors().iter().filter(|error| !is_typed(error)).map(|error| error.field.clone()).collect();
        let to_change = for_maker(problem, only_names_of_files);
        let values = context! {
            to_change,
            lang => locale.as_str(), headline => words.headline, paragraphs => words.paragraphs.to_vec(), labels => labels.value(), form, others,
        };
        let rendered = self.templates.get_template(TEMPLATE).and_then(|template| template.render(values));
        rendered.unwrap_or_else(|error| {
            tracing::error!(%error, "the page of a form cannot be rendered");
            words.headline.to_owned()
        })
    }
}

/// What no applicant can change, in the words of the API.
fn for_maker(problem: &Problem, only_names_of_files: bool) -> Option<String> {
    match problem {
        Problem::InvalidBody(_) if only_names_of_files => {
            Some(format!("A form with files needs enctype=\"{WITH_FILES}\". Without it, a browser sends their names and nothing else."))
        }
        Problem::Unauthenticated { given: false } => Some("The field _key is missing: a publishable key (pk_…) belongs there.".to_owned()),
        Problem::Unauthenticated { .. }
        | Problem::Forbidden(_)
        | Problem::OutOfScope { .. }
        | Problem::OriginNotAllowed
        | Problem::NotFound(_)
        | Problem::UnsupportedMediaType => Some(problem.detail()),
        _ => None,
    }
}

fn is_typed(error: &FieldError) -> bool {
    matches!(error.field.as_str(), "name" | "email" | "resume" | "attachments")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{fields::FieldCode, problem::Code};

    fn page() -> FormPage {
        FormPage::new(&"https://jobs.example.com".parse().unwrap(), &[])
    }

    #[test]
    fn every_kind_of_problem_has_words_for_an_applicant_in_their_language() {
        for code in Code::ALL {
            let mut headlines = std::collections::HashSet::new();
            for locale in Locale::ALL {
                let words = words(*locale, *code);
                assert!(!words.paragraphs.is_empty() && headlines.insert(words.headline), "{code:?} {locale}");
            }
        }
    }

    #[test]
    fn what_was_typed_is_shown_again_and_stays_text() {
        let mut fields = Fields::default();
        fields.refuse("email", FieldCode::InvalidAddress, "must have the form name@example.com".to_owned());
        fields.refuse("<b>", FieldCode::Unknown, "unknown".to_owned());
        let text = "\"><script>alert(1)</script>";
        let typed = Typed {
            name: text.to_owned(),
            email: text.to_owned(),
            locale: text.to_owned(),
            next: text.to_owned(),
            idempotency_key: text.to_owned(),
            ..Typed::default()
        };
        let problem = Problem::InvalidBody(fields);
        for locale in Locale::ALL {
            let html = page().html(*locale, &problem, Some(&typed), true);
            assert!(html.contains("name@example.com"), "{html}");
            assert!(!html.contains("<script") && !html.contains("<b>"), "{html}");
            assert!(html.contains("&lt;script&gt;"), "{html}");
            assert!(html.contains("type=\"file\""), "{html}");
        }
        assert!(!page().html(Locale::En, &problem, Some(&typed), false).contains("type=\"file\""));
    }
}
