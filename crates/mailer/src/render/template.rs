//! One template: front matter with the subject, then a letter in Markdown.

use hearback_domain::locale::Locale;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context};
use sha2::{Digest, Sha256};

use super::{catalogue::BrokenTemplate, escape, html, layout::Layout, markdown, text};

const SUBJECT: &str = "subject";
const BODY: &str = "body.md";

/// What a template may use. All are always given: what is absent is `none`, and a name outside this list is an error.
#[derive(Clone, Copy)]
pub(crate) struct Values<'a> {
    pub(crate) name: &'a str,
    pub(crate) job_title: &'a str,
    pub(crate) organisation: &'a str,
    pub(crate) status_url: &'a str,
    pub(crate) received_on: &'a str,
    pub(crate) stage: Option<&'a str>,
    pub(crate) words: Option<&'a str>,
    pub(crate) promised_by: Option<&'a str>,
    /// Whose the dates are.
    pub(crate) time_zone: &'a str,
}

impl Values<'_> {
    pub(super) fn context(&self) -> Value {
        let Values { name, job_title, organisation, status_url, received_on, stage, words, promised_by, time_zone } = *self;
        context! { name, job_title, organisation, status_url, received_on, stage, words, promised_by, time_zone }
    }
}

/// What a template of a mail to staff may use.
pub(crate) struct StaffValues {
    pub(crate) organisation: String,
    /// It tells of one message.
    pub(crate) single: bool,
    pub(crate) count: String,
    /// How many are not among the items.
    pub(crate) more: Option<String>,
    pub(crate) items: Vec<StaffValue>,
}

pub(crate) struct StaffValue {
    pub(crate) name: String,
    pub(crate) job: String,
    pub(crate) what: String,
    pub(crate) why: Option<String>,
    pub(crate) message: String,
}

impl StaffValues {
    pub(super) fn context(&self) -> Value {
        let Self { organisation, single, count, more, items } = self;
        let item = |StaffValue { name, job, what, why, message }: &StaffValue| context! { name, job, what, why, message };
        let items: Vec<Value> = items.iter().map(item).collect();
        context! { organisation, single, count, more, items }
    }
}

#[derive(Debug)]
pub(crate) struct Rendered<'a> {
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
    pub(crate) template_version: &'a str,
}

/// The values and the template do not make a letter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// A value that this kind needs is missing, or the template is wrong.
    #[error("the template cannot be filled in: {0}")]
    Template(String),
    /// Something that letters do not have. From a value it would mean a hole in the escaping, so it is never sent.
    #[error("the letter has {0}, which letters do not have")]
    NotALetter(String),
}

pub(crate) struct Template {
    environment: Environment<'static>,
    locale: Locale,
    version: String,
}

impl Template {
    pub(crate) fn parse(kind: &'static str, locale: Locale, source: &str, layout: &str) -> Result<Self, BrokenTemplate> {
        let (subject, body) = front_matter(source).ok_or(BrokenTemplate::FrontMatter { kind, locale })?;
        let mut environment = Environment::empty();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment
            .set_auto_escape_callback(|name| if name == BODY { AutoEscape::Custom(escape::MARKDOWN.into()) } else { AutoEscape::None });
        environment.set_formatter(escape::formatter);
        let syntax = |error: minijinja::Error| BrokenTemplate::Syntax { kind, locale, reason: error.to_string() };
        environment.add_template_owned(SUBJECT, subject.to_owned()).map_err(syntax)?;
        environment.add_template_owned(BODY, body.to_owned()).map_err(syntax)?;
        Ok(Self { environment, locale, version: version(source, layout) })
    }

    /// `status_url` is the one place that a letter may lead to.
    pub(super) fn render(&self, values: &Value, status_url: Option<&str>, layout: &Layout) -> Result<Rendered<'_>, RenderError> {
        let subject = self.fill_in(SUBJECT, values)?;
        let body = self.fill_in(BODY, values)?;
        let pieces = markdown::pieces(&body, status_url)?;
        let status_url = status_url.unwrap_or_default();
        let html = layout.around(&subject, &html::write(&pieces, status_url));
        Ok(Rendered { text: text::write(&pieces, status_url, self.locale), html, subject, template_version: &self.version })
    }

    fn fill_in(&self, name: &str, values: &Value) -> Result<String, RenderError> {
        let template = self.environment.get_template(name).and_then(|template| template.render(values));
        template.map_err(|error| RenderError::Template(error.to_string()))
    }
}

fn front_matter(source: &str) -> Option<(&str, &str)> {
    let (head, body) = source.strip_prefix("---\n")?.split_once("\n---\n")?;
    let subject = head.strip_prefix("subject:")?.trim();
    (!subject.is_empty() && !subject.contains('\n')).then_some((subject, body))
}

/// 48 bits of a hash over all that shapes the text: enough to tell a few hundred versions apart.
fn version(source: &str, layout: &str) -> String {
    let hash = Sha256::new().chain_update(source).chain_update([0]).chain_update(layout).finalize();
    data_encoding::HEXLOWER.encode(&hash[..6])
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAYOUT: &str = include_str!("../../templates/layout.mjml");

    fn values() -> Values<'static> {
        Values {
            name: "Ada",
            job_title: "Baker",
            organisation: "Northwind",
            status_url: "https://jobs.example/a/1",
            received_on: "Monday",
            stage: None,
            words: None,
            promised_by: None,
            time_zone: "Lisbon time",
        }
    }

    fn render(source: &str, values: &Values<'_>) -> Result<String, RenderError> {
        let layout = Layout::compile(LAYOUT, Locale::En).unwrap();
        Template::parse("received", Locale::En, source, LAYOUT)
            .unwrap()
            .render(&values.context(), Some(values.status_url), &layout)
            .map(|rendered| rendered.text)
    }

    #[test]
    fn a_name_that_no_letter_has_is_an_error_not_a_gap() {
        assert!(matches!(render("---\nsubject: Hi\n---\n{{ nickname }}\n", &values()), Err(RenderError::Template(_))));
    }

    #[test]
    fn an_absent_value_is_an_error_not_the_word_none() {
        assert!(matches!(render("---\nsubject: Hi\n---\n{{ stage }}\n", &values()), Err(RenderError::Template(_))));
    }

    #[test]
    fn a_template_with_markup_that_the_two_writers_do_not_share_is_refused() {
        for body in [
            "# Title",
            "- item",
            "<b>x</b>",
            "<div>\nx\n</div>",
            "`code`",
            "    code",
            "> quote",
            "![x](y)",
            "[x](https://elsewhere.example)",
            "---",
        ] {
            let source = format!("---\nsubject: Hi\n---\n{body}\n");
            assert!(matches!(render(&source, &values()), Err(RenderError::NotALetter(_))), "{body}");
        }
    }

    #[test]
    fn a_template_without_a_subject_is_refused_at_the_start() {
        for source in ["Hello", "---\nsubject:\n---\nHello", "---\ntitle: x\n---\nHello", "---\nsubject: a\nb: c\n---\nHello"] {
            assert!(matches!(Template::parse("received", Locale::En, source, LAYOUT), Err(BrokenTemplate::FrontMatter { .. })), "{source}");
        }
    }

    #[test]
    fn another_text_is_another_version() {
        assert_ne!(version("a", "layout"), version("b", "layout"));
        assert_ne!(version("a", "layout"), version("a", "another layout"));
        assert_eq!(version("a", "layout").len(), 12);
    }
}
