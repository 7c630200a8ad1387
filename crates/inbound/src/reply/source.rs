//! Lines of a body, with the quote marks counted and taken off.

use crate::{
    html::{self, Line},
    limits,
    mime::Body,
};

pub(super) fn lines(body: &Body) -> Vec<Line> {
    match body {
        Body::Text { text, flowed } => plain(text, *flowed),
        Body::Html(html) => html::lines(html),
    }
}

/// `flowed`: lines that end with a space go on in the next one (RFC 3676).
pub(super) fn plain(text: &str, flowed: bool) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut goes_on = false;
    for raw in limits::cut(text, limits::TEXT).lines() {
        let (depth, rest) = unquote(raw);
        // Programs stuff a space before lines that would read as quotes (RFC 3676, section 4.4).
        let rest = if flowed { rest.strip_prefix(' ').unwrap_or(rest) } else { rest };
        let is_signature_mark = rest == "-- ";
        let clean = rest.replace(['\u{a0}', '\u{202f}'], " ");
        match lines.last_mut().filter(|last| goes_on && last.depth == depth && !is_signature_mark) {
            Some(last) => last.text.push_str(&clean),
            None => lines.push(Line { text: clean, depth, quoted: false, signature: false }),
        }
        goes_on = flowed && rest.ends_with(' ') && !is_signature_mark;
    }
    lines
}

/// The number of quote marks and what comes after them. `>From` is a line that a mailbox file escaped.
fn unquote(line: &str) -> (usize, &str) {
    let mut depth = 0;
    let mut rest = line;
    loop {
        let trimmed = rest.trim_start_matches(' ');
        let indent = rest.len() - trimmed.len();
        match trimmed.strip_prefix('>') {
            Some(after) if indent <= 1 && !(depth == 0 && after.starts_with("From ")) => {
                depth += 1;
                rest = after;
            }
            _ => break,
        }
    }
    if depth > 0 { (depth, rest.strip_prefix(' ').unwrap_or(rest)) } else { (0, line.strip_prefix(">From ").map_or(line, |_| &line[1..])) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quote_marks_are_counted() {
        assert_eq!(unquote("> > a"), (2, "a"));
        assert_eq!(unquote(">>a"), (2, "a"));
        assert_eq!(unquote("a > b"), (0, "a > b"));
        assert_eq!(unquote(">From here on"), (0, "From here on"));
    }

    #[test]
    fn flowed_lines_are_joined_within_their_depth() {
        let texts: Vec<(usize, String)> =
            plain("one \ntwo\n> three \n> four\n-- \nAda", true).into_iter().map(|line| (line.depth, line.text)).collect();
        assert_eq!(texts, [(0, "one two".into()), (1, "three four".into()), (0, "-- ".into()), (0, "Ada".into())]);
    }
}
