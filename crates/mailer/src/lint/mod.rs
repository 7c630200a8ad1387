//! What must not be in a template, found before an applicant reads it.

mod finding;
mod markup;
mod no_reply;
mod promised_time;
mod promotion;
mod words;

use chrono::{DateTime, Utc};
use hearback_domain::{
    locale::{Locale, long_date},
    notification::Kind,
};
use minijinja::ErrorKind;
use words::Token;

pub use finding::{Finding, Rule};

use crate::{
    ComposeError, Letter,
    compose::Checked,
    render::{Part, RenderError, SyntaxError, Template, Values, front_matter},
    samples,
};

/// Far enough from every other date of a sample, so that it is the promise that is printed and no other.
const PROMISED_BY: DateTime<Utc> = DateTime::from_timestamp(2_037_000_000, 0).expect("within chrono's range");

/// Looks at one text. `file` is how people find it.
pub(crate) fn check(file: &str, kind: Kind, locale: Locale, text: &str) -> Vec<Finding> {
    let mut lint = Lint { file, kind, locale, findings: Vec::new() };
    lint.look(text);
    let mut findings = lint.findings;
    findings.sort_by(|one, other| (one.line, one.rule.as_str()).cmp(&(other.line, other.rule.as_str())));
    // One line of findings for a line of text is enough to look at it; values have to be named one by one.
    findings.dedup_by(|one, other| one.line == other.line && one.rule == other.rule && one.rule != Rule::UnknownVariable);
    findings
}

struct Lint<'a> {
    file: &'a str,
    kind: Kind,
    locale: Locale,
    findings: Vec<Finding>,
}

impl Lint<'_> {
    fn say(&mut self, line: usize, rule: Rule, what: String, change: impl Into<String>) {
        self.findings.push(Finding { file: self.file.to_owned(), line, rule, what, change: change.into() });
    }

    fn look(&mut self, text: &str) {
        let Some(front) = front_matter(text) else {
            let what = "does not open with `---`, one `subject:` line and `---`".to_owned();
            return self.say(1, Rule::FrontMatter, what, "begin with these three lines; the letter stands below them");
        };
        if let Some(line) = markup::foreign(front.body) {
            self.say(
                front.body_line + line,
                Rule::Markup,
                "has something that letters do not have".to_owned(),
                "use paragraphs, **bold words** and [a link]({{ status_url }}) only: both parts of a mail can say those, and no other link is \
                 followed from a letter",
            );
        }
        match Template::parse(self.locale, text, "") {
            Ok(template) => {
                self.variables(&template, text);
                self.renderings(&template, front.body, front.body_line);
            }
            Err(SyntaxError { line, reason }) => self.say(line, Rule::Syntax, reason, "mend the template's tags on this line"),
        }
        let tokens = [words::tokens(front.subject, 2), vec![Token::End], words::tokens(front.body, front.body_line)].concat();
        self.phrases(&tokens);
    }

    fn variables(&mut self, template: &Template, text: &str) {
        for name in template.unknown_variables(&Values::NAMES) {
            let meant = Values::NAMES.iter().max_by(|one, other| {
                let near = |known: &str| strsim::jaro_winkler(known, &name);
                near(one).total_cmp(&near(other))
            });
            let meant = meant.filter(|known| strsim::jaro_winkler(known, &name) > 0.75).map(|known| format!("did you mean `{known}`? "));
            let line = line_of_variable(text, &name);
            let change = format!("{}There are {}", meant.unwrap_or_default(), Values::NAMES.join(", "));
            self.say(line, Rule::UnknownVariable, format!("`{name}` is no value that letters have"), change);
        }
    }

    /// With everything that a letter can have, with nothing but what it needs, and with each thing missing by itself.
    fn renderings(&mut self, template: &Template, body: &str, body_line: usize) {
        let full = samples::letter(self.kind, self.locale);
        let full = Letter { promised_by: full.promised_by.map(|_| PROMISED_BY), ..full };
        let bare = samples::bare_letter(self.kind, self.locale);
        let optional = |present: bool, needed: bool| present && !needed;
        let mut letters = vec![full.clone(), bare.clone()];
        letters.extend(optional(full.words.is_some(), bare.words.is_some()).then(|| Letter { words: None, ..full.clone() }));
        let without_words = full.words.is_none().then(|| Letter { words: Some(said(self.locale)), ..full.clone() });
        letters.extend(without_words);
        letters.extend(optional(full.stage.is_some(), bare.stage.is_some()).then(|| Letter { stage: None, ..full.clone() }));
        letters
            .extend(optional(full.promised_by.is_some(), bare.promised_by.is_some()).then(|| Letter { promised_by: None, ..full.clone() }));
        let known_to_be_wrong = self.findings.iter().any(|finding| matches!(finding.rule, Rule::UnknownVariable | Rule::Syntax));
        for letter in &letters {
            if let Err(failure) = self.rendering(template, letter)
                && !known_to_be_wrong
            {
                self.failure(failure, body_line);
            }
        }
        if !known_to_be_wrong {
            self.what_is_always_said(template, &full, body, body_line);
        }
    }

    fn rendering(&self, template: &Template, letter: &Letter) -> Result<String, Failure> {
        let checked = Checked::from(letter).map_err(Failure::Sample)?;
        let values = checked.values();
        for part in [Part::Subject, Part::Body] {
            template.fill_in(part, &values.context()).map_err(|error| Failure::Template { part, error })?;
        }
        template.text(&values.context(), values.status_url).map_err(Failure::Render)
    }

    fn failure(&mut self, failure: Failure, body_line: usize) {
        match failure {
            Failure::Template { part, error } => {
                let first = match part {
                    Part::Subject => 2,
                    Part::Body => body_line,
                };
                let line = first + error.line().unwrap_or(1).saturating_sub(1);
                let reason = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
                match error.kind() {
                    ErrorKind::UndefinedError => self.say(
                        line,
                        Rule::AbsentValue,
                        "prints a value that not every letter of this kind has".to_owned(),
                        "put it between {% if … %} and {% endif %}: `stage`, `words`, `promised_by` and `reply_subject` can be absent",
                    ),
                    _ => self.say(line, Rule::Syntax, reason, "mend the template's tags on this line; there are no filters and functions"),
                }
            }
            // `markup` says where, unless it came out of how tags and text meet.
            Failure::Render(error) => {
                if !self.findings.iter().any(|finding| finding.rule == Rule::Markup) {
                    let change = "use paragraphs, **bold words** and [a link]({{ status_url }}) only";
                    self.say(body_line, Rule::Markup, error.to_string(), change);
                }
            }
            Failure::Sample(error) => self.say(1, Rule::Syntax, format!("cannot be tried: {error}"), "report this: the fault is not yours"),
        }
    }

    fn what_is_always_said(&mut self, template: &Template, full: &Letter, body: &str, body_line: usize) {
        let Ok(text) = self.rendering(template, full) else { return };
        let last = body_line + body.trim_end().matches('\n').count();
        let text = text.replace('\n', " ");
        if full.promised_by.is_some() && !text.contains(&long_date(self.locale, PROMISED_BY, full.time_zone)) {
            self.say(
                last,
                Rule::MissingPromise,
                "never says by when the applicant hears again, though that date is on record as told".to_owned(),
                "print {{ promised_by }} and whose time it is, {{ time_zone }}",
            );
        }
        if !text.contains(&full.status_url) {
            self.say(
                last,
                Rule::MissingLink,
                "has no link to the applicant's own page".to_owned(),
                "add a paragraph such as [See your application]({{ status_url }})",
            );
        }
    }

    fn phrases(&mut self, tokens: &[Token]) {
        for (line, said) in no_reply::said(tokens).collect::<Vec<_>>() {
            self.say(
                line,
                Rule::NoReply,
                format!("`{said}` tells the applicant not to answer"),
                "leave it out: every mail can be answered, and a person reads it; say so instead",
            );
        }
        for (line, said) in promised_time::said(tokens, self.locale) {
            self.say(
                line,
                Rule::UnboundPromise,
                format!("`{said}` is a time that nothing keeps"),
                "print the date on record instead, {{ promised_by }}, or leave the time out",
            );
        }
        for (line, said) in promotion::said(tokens, self.locale).collect::<Vec<_>>() {
            self.say(
                line,
                Rule::Promotion,
                format!("`{said}` promotes something"),
                "leave it out: this mail is about the application only",
            );
        }
    }
}

enum Failure {
    Template { part: Part, error: minijinja::Error },
    Render(RenderError),
    Sample(ComposeError),
}

/// Any words of a recruiter, for kinds whose usual letter has none.
fn said(locale: Locale) -> String {
    samples::letter(Kind::Rejected, locale).words.unwrap_or_default()
}

/// Where a name first stands in a tag.
fn line_of_variable(text: &str, name: &str) -> usize {
    let literal = words::literal(text);
    let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let in_a_tag = |at: &usize| {
        let (before, after) = (text[..*at].chars().next_back(), text[at + name.len()..].chars().next());
        !is_part(before) && !is_part(after) && literal.chars().nth(text[..*at].chars().count()) == Some(' ')
    };
    let at = text.match_indices(name).map(|(at, _)| at).find(in_a_tag).unwrap_or_default();
    1 + text[..at].matches('\n').count()
}

#[cfg(test)]
mod tests;
