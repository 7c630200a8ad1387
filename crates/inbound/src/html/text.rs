//! HTML to lines of text that remember where they stood.

use crate::{
    html::{
        places::{Place, place_of},
        tokens::{Token, Tokens, attribute, decode},
    },
    limits,
};

/// A line, and what the HTML says about it. Mail programs name the places where they put quotes and signatures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line {
    pub text: String,
    /// Blockquotes around it.
    pub depth: usize,
    /// In a place that a program made for the mail that is answered.
    pub quoted: bool,
    /// In a place that a program made for a signature.
    pub signature: bool,
}

pub(crate) fn lines(html: &str) -> Vec<Line> {
    let html = limits::cut(html, limits::TEXT);
    let mut writer = Writer::default();
    for token in Tokens::new(html) {
        match token {
            Token::Text(text) => writer.text(&decode(text)),
            Token::Open { name, attributes } => writer.open(&name, attributes),
            Token::Close(name) => writer.close(&name),
        }
    }
    writer.end_line();
    writer.lines
}

#[derive(Default)]
struct Writer {
    lines: Vec<Line>,
    line: String,
    open: Vec<(String, Place)>,
    quote_follows: bool,
    pre: usize,
    /// A space that is due if more text comes on this line.
    space: bool,
    hidden: usize,
}

/// Elements that never have an end tag.
const VOID: &[&str] = &["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr", "o:p"];

const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "center",
    "dd",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "html",
    "li",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "tbody",
    "tr",
    "ul",
];

impl Writer {
    fn place(&self) -> Line {
        let is = |place| self.open.iter().any(|(_, open)| *open == place);
        Line {
            text: String::new(),
            depth: self.open.iter().filter(|(_, open)| *open == Place::Blockquote).count(),
            quoted: self.quote_follows || is(Place::Quote) || is(Place::QuoteWithAnswers),
            signature: is(Place::Signature),
        }
    }

    fn text(&mut self, text: &str) {
        if self.hidden > 0 {
            return;
        }
        for letter in text.chars() {
            match letter {
                '\n' if self.pre > 0 => self.end_line(),
                '\u{200b}' | '\u{feff}' | '\u{2060}' | '\u{ad}' | '\u{200c}' => {}
                '\r' => {}
                c if self.pre == 0 && matches!(c, ' ' | '\t' | '\n') => self.space = true,
                c => {
                    if self.space && !self.line.is_empty() {
                        self.line.push(' ');
                    }
                    self.space = false;
                    // A hard space is a space to a reader.
                    self.line.push(if c == '\u{a0}' { ' ' } else { c });
                }
            }
        }
    }

    fn end_line(&mut self) {
        let text = std::mem::take(&mut self.line);
        self.space = false;
        self.lines.push(Line { text: text.trim_end().to_owned(), ..self.place() });
    }

    /// A block begins on a line of its own.
    fn break_line(&mut self) {
        self.space = false;
        // A hard space alone is how programs write an empty line.
        if !self.line.is_empty() {
            self.end_line();
        }
    }

    fn blank(&mut self) {
        self.break_line();
        if self.lines.last().is_some_and(|line| !line.text.is_empty()) {
            self.lines.push(self.place());
        }
    }

    fn open(&mut self, name: &str, attributes: &str) {
        match name {
            "br" => self.end_line(),
            "hr" => {
                self.break_line();
                self.lines.push(Line { text: "_".repeat(32), ..self.place() });
            }
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => self.blank(),
            "blockquote" | "table" | "ul" | "ol" | "pre" => self.blank(),
            "td" | "th" if !self.line.is_empty() => self.space = true,
            _ if BLOCKS.contains(&name) => self.break_line(),
            _ => {}
        }
        let place = place_of(name, attributes);
        if place == Place::QuoteFollows {
            self.break_line();
            self.quote_follows = true;
        }
        if VOID.contains(&name) || attributes.ends_with('/') {
            return;
        }
        if name == "li" {
            self.line.push_str("- ");
        }
        if name == "pre" {
            self.pre += 1;
        }
        if matches!(name, "head") || is_hidden(attributes) {
            self.hidden += 1;
            self.open.push((format!("{name} hidden"), Place::Plain));
            return;
        }
        // Deeper ones are read, but their names are not kept.
        if self.open.len() < limits::HTML_DEPTH {
            self.open.push((name.to_owned(), if place == Place::QuoteFollows { Place::Plain } else { place }));
        }
    }

    fn close(&mut self, name: &str) {
        if BLOCKS.contains(&name) {
            self.break_line();
        }
        if name == "pre" {
            self.pre = self.pre.saturating_sub(1);
        }
        let Some(at) = self.open.iter().rposition(|(open, _)| open.split(' ').next() == Some(name)) else { return };
        // An inline element that was never opened must not close the blocks around it.
        if !BLOCKS.contains(&name) && self.open[at + 1..].iter().any(|(open, _)| open == "div" || open == "blockquote" || open == "table") {
            return;
        }
        let mut closes_quote = false;
        for (closed, place) in self.open.drain(at..) {
            if closed.ends_with(" hidden") {
                self.hidden = self.hidden.saturating_sub(1);
            }
            closes_quote |= place == Place::Blockquote;
        }
        if closes_quote && let Some((_, place)) = self.open.iter_mut().rfind(|(_, place)| *place == Place::QuoteWithAnswers) {
            *place = Place::Plain;
        }
        if matches!(name, "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "ul" | "ol" | "table" | "blockquote") {
            self.blank();
        }
    }
}

/// Preview texts, which newsletters and some programs put before what is seen.
fn is_hidden(attributes: &str) -> bool {
    attribute(attributes, "style").is_some_and(|style| {
        let style: String = style.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
        style.contains("display:none")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(html: &str) -> String {
        crate::html::to_text(html)
    }

    #[test]
    fn paragraphs_lines_lists_and_tables_read_as_they_are_seen() {
        assert_eq!(
            plain("<p>Hello&nbsp;Ada,</p>\n<p>one<br>two</p><ul><li>a</li><li>b</li></ul>end"),
            "Hello Ada,\n\none\ntwo\n\n- a\n- b\n\nend"
        );
        assert_eq!(plain("<div>one</div><div><br></div><div>two</div>"), "one\n\ntwo");
        assert_eq!(plain("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>"), "a b\nc");
        assert_eq!(plain("<pre>a\n  b</pre>"), "a\n  b");
    }

    #[test]
    fn what_no_reader_sees_is_left_out() {
        assert_eq!(plain("<head><title>t</title></head><script>x</script><div style='display: none'>hidden <b>too</b></div>seen"), "seen");
    }

    #[test]
    fn quotes_are_marked_and_the_text_after_them_is_not() {
        assert_eq!(plain("a<blockquote>b<blockquote>c</blockquote></blockquote>d"), "a\n\n> b\n> \n> > c\n> \nd");
        let lines = lines("<div>a</div><div class=\"gmail_quote\">On …<blockquote>b</blockquote></div><div>c</div>");
        let quoted: Vec<(&str, bool)> = lines.iter().filter(|l| !l.text.is_empty()).map(|l| (l.text.as_str(), l.quoted)).collect();
        assert_eq!(quoted, [("a", false), ("On …", true), ("b", true), ("c", false)]);
    }

    #[test]
    fn ten_thousand_elements_inside_each_other_cost_no_stack() {
        let html = format!("{}x{}", "<div>".repeat(10_000), "</div>".repeat(10_000));
        assert_eq!(plain(&html), "x");
    }
}
