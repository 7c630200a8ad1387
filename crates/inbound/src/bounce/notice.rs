//! The words of a notice, apart from the mail that it gives back.

use crate::{
    html, limits,
    mime::{Body, Part, body},
    phrases::{Phrases, phrases},
};

pub(crate) struct Notice {
    /// One line, spaces made single: wordings are wrapped anywhere.
    pub flat: String,
    /// What comes after the notice in the same text: the mail that is given back.
    pub tail: Option<String>,
}

/// Lines that systems put between their notice and the mail. Compared in lower case, without what is drawn around the words.
static MARKS: Phrases = phrases!("bounce-returned-mail");

impl Notice {
    pub(crate) fn read(mail: &Part<'_>) -> Self {
        let mut words = String::new();
        let mut tail = None;
        for body in body(mail) {
            let text = match body {
                Body::Text { text, .. } => text,
                Body::Html(html) => html::to_text(&html),
            };
            let (notice, rest) = divide(&text);
            words.push_str(notice);
            words.push('\n');
            if !rest.trim().is_empty() {
                tail = Some(unquoted(rest));
                break;
            }
            if words.len() > limits::NOTICE {
                break;
            }
        }
        Self { flat: flatten(limits::cut(&words, limits::NOTICE)), tail }
    }
}

/// Some draw a rule under the mark, and mark what they give back as a quote.
fn unquoted(rest: &str) -> String {
    let rest = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '=' | '-' | '_' | '*'));
    if rest.starts_with('>') {
        rest.lines().map(|line| line.strip_prefix('>').unwrap_or(line)).collect::<Vec<_>>().join("\n")
    } else {
        rest.to_owned()
    }
}

/// Spaces made single.
fn flatten(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn divide(text: &str) -> (&str, &str) {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let begin = at;
        at += line.len();
        let trimmed = line.trim();
        if is_mark(trimmed) {
            return (&text[..begin], &text[at..]);
        }
        // Some give the mail back without a word.
        if begin > 0 && starts_mail(trimmed, &text[at..]) {
            return (&text[..begin], &text[begin..]);
        }
    }
    (text, "")
}

fn is_mark(line: &str) -> bool {
    if line.len() < 8 || line.len() > 120 {
        return false;
    }
    let drawn =
        line.starts_with("--") || line.starts_with("==") || line.starts_with("**") || line.starts_with("__") || line.starts_with("- -");
    let words = line.trim_matches(|c: char| !c.is_alphanumeric() && c != ')').to_lowercase();
    let words = words.trim_end_matches([':', '.', ' ']);
    MARKS.iter().any(|mark| {
        let mark = mark.trim_end_matches(':');
        words == mark || (drawn && words.starts_with(mark))
    })
}

/// Header fields, one of them such as only the machines between sender and reader write.
fn starts_mail(line: &str, rest: &str) -> bool {
    const OF_MACHINES: &[&str] = &["received", "return-path", "message-id", "mime-version", "dkim-signature"];
    const OF_ALL: &[&str] = &["from", "to", "date", "subject", "reply-to", "content-type"];
    let name = |line: &str| {
        let name = line.split_once(':').map(|(name, _)| name.to_ascii_lowercase());
        name.filter(|name| OF_MACHINES.contains(&name.as_str()) || OF_ALL.contains(&name.as_str()))
    };
    let Some(first) = name(line) else { return false };
    let mut seen = vec![first];
    for next in rest.lines().take(20) {
        match name(next) {
            Some(name) => seen.push(name),
            None if next.starts_with([' ', '\t']) || next.contains(':') => {}
            None => break,
        }
    }
    seen.sort();
    seen.dedup();
    seen.len() >= 3 && seen.iter().any(|name| OF_MACHINES.contains(&name.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_notice_ends_where_the_mail_begins() {
        for mark in [
            "--- Below this line is a copy of the message.",
            "------ This is a copy of the message, including all the headers. ------",
            "   ----- Original message follows -----",
            "Original message:",
        ] {
            let text = format!("Sorry.\n{mark}\nFrom: a@x.example\n");
            assert_eq!(divide(&text), ("Sorry.\n", "From: a@x.example\n"), "{mark}");
        }
        assert_eq!(divide("Sorry.\n\nReceived:from a\n\tby b\nFrom: c\nSubject: d\n").0, "Sorry.\n\n");
        assert_eq!(divide("The original message was received at noon\nfrom a\n").1, "");
    }
}
