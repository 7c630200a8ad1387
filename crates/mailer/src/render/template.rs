//! One template: front matter with the subject, then a letter in Markdown.

use std::collections::BTreeSet;

use hearback_domain::locale::Locale;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context};
use sha2::{Digest, Sha256};

use super::{escape, html, layout::Layout, markdown, text};

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
    /// Of a letter that answers a mail.
    pub(crate) reply_subject: Option<&'a str>,
}

impl Values<'_> {
    /// As templates know them.
    pub(crate) const NAMES: [&'static str; 10] =
        ["name", "job_title", "organisation", "status_url", "received_on", "stage", "words", "promised_by", "time_zone", "reply_subject"];

    pub(crate) fn context(&self) -> Value {
        let Values { name, job_title, organisation, status_url, received_on, stage, words, promised_by, time_zone, reply_subject } = *self;
        context! { name, job_title, organisation, status_url, received_on, stage, words, promised_by, time_zone, reply_subject }
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
    pub(crate) decisions: Vec<StaffDecision>,
    /// Of a digest: how many wait, and in which way.
    pub(crate) sums: Vec<String>,
    /// Of a digest: whoever has waited longest.
    pub(crate) waiting: Vec<StaffWaiting>,
    pub(crate) notice: Option<NoticeValue>,
}

/// A conversation, or mail that fits none.
pub(crate) struct NoticeValue {
    pub(crate) late: bool,
    pub(crate) stray: bool,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) job: String,
    pub(crate) answer_by: Option<String>,
    pub(crate) answerable: bool,
    pub(crate) messages: Vec<NoticeMessage>,
}

pub(crate) struct NoticeMessage {
    pub(crate) at: String,
    pub(crate) from: Option<String>,
    pub(crate) text: String,
    pub(crate) files: String,
    pub(crate) left_out: Option<String>,
    pub(crate) subject: Option<String>,
    pub(crate) why: Option<String>,
    pub(crate) guess: Option<String>,
}

pub(crate) struct StaffValue {
    pub(crate) name: String,
    pub(crate) job: String,
    pub(crate) what: String,
    pub(crate) why: Option<String>,
    pub(crate) message: String,
}

pub(crate) struct StaffDecision {
    pub(crate) name: String,
    pub(crate) job: String,
    pub(crate) what: String,
    /// Where the API has the application.
    pub(crate) path: String,
}

pub(crate) struct StaffWaiting {
    pub(crate) name: String,
    pub(crate) job: String,
    pub(crate) since: String,
    pub(crate) what: String,
    pub(crate) path: String,
}

impl StaffValues {
    pub(super) fn context(&self) -> Value {
        let Self { organisation, single, count, more, items, decisions, sums, waiting, notice } = self;
        let only_decisions = items.is_empty() && !decisions.is_empty();
        let decision = |StaffDecision { name, job, what, path }: &StaffDecision| context! { name, job, what, path };
        let decisions: Vec<Value> = decisions.iter().map(decision).collect();
        let person = |StaffWaiting { name, job, since, what, path }: &StaffWaiting| context! { name, job, since, what, path };
        let waiting: Vec<Value> = waiting.iter().map(person).collect();
        let item = |StaffValue { name, job, what, why, message }: &StaffValue| context! { name, job, what, why, message };
        let items: Vec<Value> = items.iter().map(item).collect();
        let notice = notice.as_ref().map(NoticeValue::context);
        context! { organisation, single, count, more, items, only_decisions, decisions, sums, waiting, notice }
    }
}

impl NoticeValue {
    fn context(&self) -> Value {
        let Self { late, stray, name, email, job, answer_by, answerable, messages } = self;
        let message = |NoticeMessage { at, from, text, files, left_out, subject, why, guess }: &NoticeMessage| context! { at, from, text, files, left_out, subject, why, guess };
        let messages: Vec<Value> = messages.iter().map(message).collect();
        context! { late, stray, name, email, job, answer_by, answerable, messages }
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

/// The two that are filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Subject,
    Body,
}

impl Part {
    const fn name(self) -> &'static str {
        match self {
            Self::Subject => SUBJECT,
            Self::Body => BODY,
        }
    }
}

pub(crate) struct Template {
    environment: Environment<'static>,
    locale: Locale,
    version: String,
}

/// A text is no template.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    /// Of the whole text, from 1.
    pub(crate) line: usize,
    pub(crate) reason: String,
}

impl Template {
    pub(crate) fn parse(locale: Locale, source: &str, layout: &str) -> Result<Self, SyntaxError> {
        let Some(FrontMatter { subject, body, body_line }) = front_matter(source) else {
            return Err(SyntaxError { line: 1, reason: "does not open with `---`, one `subject:` line and `---`".to_owned() });
        };
        let mut environment = Environment::empty();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment
            .set_auto_escape_callback(|name| if name == BODY { AutoEscape::Custom(escape::MARKDOWN.into()) } else { AutoEscape::None });
        environment.set_formatter(escape::formatter);
        for (name, text, first) in [(SUBJECT, subject, 2), (BODY, body, body_line)] {
            environment.add_template_owned(name, text.to_owned()).map_err(|error| SyntaxError {
                line: first + error.line().unwrap_or(1).saturating_sub(1),
                reason: error.detail().map_or_else(|| error.kind().to_string(), |detail| format!("{}: {detail}", error.kind())),
            })?;
        }
        Ok(Self { environment, locale, version: version(source, layout) })
    }

    /// `status_url` is the one place that a letter may lead to.
    pub(super) fn render(&self, values: &Value, status_url: Option<&str>, layout: &Layout) -> Result<Rendered<'_>, RenderError> {
        let subject = self.filled_in(Part::Subject, values)?;
        let body = self.filled_in(Part::Body, values)?;
        let pieces = markdown::pieces(&body, status_url)?;
        let status_url = status_url.unwrap_or_default();
        let html = layout.around(&subject, &html::write(&pieces, status_url));
        Ok(Rendered { text: text::write(&pieces, status_url, self.locale), html, subject, template_version: &self.version })
    }

    /// The text part alone.
    pub(crate) fn text(&self, values: &Value, status_url: &str) -> Result<String, RenderError> {
        let body = self.filled_in(Part::Body, values)?;
        Ok(text::write(&markdown::pieces(&body, Some(status_url))?, status_url, self.locale))
    }

    pub(crate) fn fill_in(&self, part: Part, values: &Value) -> Result<String, minijinja::Error> {
        self.environment.get_template(part.name())?.render(values)
    }

    /// Names that it uses and does not have, in order.
    pub(crate) fn unknown_variables(&self, known: &[&str]) -> Vec<String> {
        let used = [Part::Subject, Part::Body].into_iter().filter_map(|part| self.environment.get_template(part.name()).ok());
        let used: BTreeSet<String> = used.flat_map(|template| template.undeclared_variables(false)).collect();
        used.into_iter().filter(|name| !known.contains(&name.as_str())).collect()
    }

    fn filled_in(&self, part: Part, values: &Value) -> Result<String, RenderError> {
        self.fill_in(part, values).map_err(|error| RenderError::Template(error.to_string()))
    }
}

/// What a text begins with, and the rest of it.
pub(crate) struct FrontMatter<'a> {
    pub(crate) subject: &'a str,
    pub(crate) body: &'a str,
    /// The first one of the body, from 1.
    pub(crate) body_line: usize,
}

pub(crate) fn front_matter(source: &str) -> Option<FrontMatter<'_>> {
    let (head, body) = source.strip_prefix("---\n")?.split_once("\n---\n")?;
    let subject = head.strip_prefix("subject:")?.trim();
    (!subject.is_empty() && !subject.contains('\n')).then_some(FrontMatter { subject, body, body_line: 4 })
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
            reply_subject: None,
        }
    }

    fn render(source: &str, values: &Values<'_>) -> Result<String, RenderError> {
        let layout = Layout::compile(LAYOUT, Locale::En).unwrap();
        Template::parse(Locale::En, source, LAYOUT)
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
            assert!(Template::parse(Locale::En, source, LAYOUT).is_err_and(|error| error.line == 1), "{source}");
        }
    }

    #[test]
    fn the_names_are_those_that_templates_get() {
        let context = values().context();
        assert!(Values::NAMES.iter().all(|name| !context.get_attr(name).unwrap().is_undefined()));
        assert_eq!(context.try_iter().unwrap().count(), Values::NAMES.len());
    }

    #[test]
    fn another_text_is_another_version() {
        assert_ne!(version("a", "layout"), version("b", "layout"));
        assert_ne!(version("a", "layout"), version("a", "another layout"));
        assert_eq!(version("a", "layout").len(), 12);
    }
}
