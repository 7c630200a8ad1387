//! HTML as tags and text, in one pass and without a tree: a stranger's HTML may be nested as deep as it likes.

use mail_parser::decoders::html::add_html_token;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// Between tags, not yet decoded.
    Text(&'a str),
    Open {
        name: String,
        attributes: &'a str,
    },
    Close(String),
}

/// Elements whose content is no HTML (and is never shown).
const RAW: &[&str] = &["script", "style", "title", "textarea", "xmp", "noscript", "template", "svg", "math", "object", "iframe"];

pub(super) struct Tokens<'a> {
    rest: &'a str,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(html: &'a str) -> Self {
        Self { rest: html }
    }

    /// Leaves out everything up to the end tag.
    fn skip_raw(&mut self, name: &str) {
        let mut from = 0;
        while let Some(at) = self.rest[from..].find("</") {
            let after = &self.rest[from + at + 2..];
            if after.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name)) {
                self.rest = after.find('>').map_or("", |end| &after[end + 1..]);
                return;
            }
            from += at + 2;
        }
        self.rest = "";
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            if self.rest.is_empty() {
                return None;
            }
            let Some(inside) = self.rest.strip_prefix('<') else {
                let end = self.rest.find('<').unwrap_or(self.rest.len());
                let (text, rest) = self.rest.split_at(end);
                self.rest = rest;
                return Some(Token::Text(text));
            };
            if let Some(comment) = inside.strip_prefix("!--") {
                self.rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
                continue;
            }
            if inside.starts_with(['!', '?']) {
                self.rest = inside.find('>').map_or("", |end| &inside[end + 1..]);
                continue;
            }
            let (closes, tag) = inside.strip_prefix('/').map_or((false, inside), |tag| (true, tag));
            if !tag.starts_with(|c: char| c.is_ascii_alphabetic()) {
                // A bare `<`, as in `a < b`.
                let end = inside.find('<').unwrap_or(inside.len()) + 1;
                let (text, rest) = self.rest.split_at(end);
                self.rest = rest;
                return Some(Token::Text(text));
            }
            let name_end = tag.find(|c: char| c.is_whitespace() || c == '>' || c == '/').unwrap_or(tag.len());
            let name = tag[..name_end].chars().take(40).collect::<String>().to_ascii_lowercase();
            let end = tag_end(&tag[name_end..]) + name_end;
            let attributes = &tag[name_end..end];
            self.rest = tag.get(end + 1..).unwrap_or("");
            if closes {
                return Some(Token::Close(name));
            }
            if RAW.contains(&name.as_str()) && !attributes.ends_with('/') {
                self.skip_raw(&name);
                continue;
            }
            return Some(Token::Open { name, attributes });
        }
    }
}

/// Where the tag ends: at the first `>` that is not in quotes, or at its first `>` if the quotes never end.
fn tag_end(attributes: &str) -> usize {
    let mut quote = None;
    // An attribute value longer than this is an embedded picture, or a trap.
    for (at, byte) in attributes.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return at,
            (None, b'"' | b'\'') if attributes[..at].trim_ascii_end_is_equals() => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            _ => {}
        }
    }
    attributes.find('>').unwrap_or(attributes.len())
}

trait EndsWithEquals {
    fn trim_ascii_end_is_equals(&self) -> bool;
}

impl EndsWithEquals for str {
    /// A quote opens a value only after `=`; elsewhere it is a typing error.
    fn trim_ascii_end_is_equals(&self) -> bool {
        self.bytes().rev().take(20).find(|b| !b.is_ascii_whitespace()) == Some(b'=')
    }
}

/// The value of an attribute, decoded.
pub(super) fn attribute(attributes: &str, name: &str) -> Option<String> {
    each_attribute(attributes).find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| decode(value))
}

pub(super) fn each_attribute(attributes: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = attributes;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if rest.is_empty() {
            return None;
        }
        let name_end =
            rest.char_indices().skip(1).find(|(_, c)| c.is_whitespace() || *c == '=' || *c == '/').map_or(rest.len(), |(at, _)| at);
        let name = &rest[..name_end];
        let after = rest[name_end..].trim_start();
        let Some(value) = after.strip_prefix('=') else {
            rest = after;
            return Some((name, ""));
        };
        let value = value.trim_start();
        let (value, end) = match value.as_bytes().first() {
            Some(quote @ (b'"' | b'\'')) => {
                let inner = &value[1..];
                inner.find(char::from(*quote)).map_or((inner, ""), |end| (&inner[..end], &inner[end + 1..]))
            }
            _ => value.split_at(value.find(char::is_whitespace).unwrap_or(value.len())),
        };
        rest = end;
        Some((name, value))
    })
}

/// Character references (`&amp;`, `&#252;`) decoded.
pub(super) fn decode(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        decoded.push_str(&rest[..at]);
        rest = &rest[at..];
        // The longest name in HTML has 31 letters.
        let end = rest
            .bytes()
            .take(34)
            .position(|b| b == b';')
            .filter(|&end| end > 1 && rest[1..end].bytes().all(|b| b.is_ascii_alphanumeric() || b == b'#'));
        if let Some(end) = end {
            add_html_token(&mut decoded, &rest.as_bytes()[..=end], false);
            rest = &rest[end + 1..];
        } else {
            decoded.push('&');
            rest = &rest[1..];
        }
    }
    decoded.push_str(rest);
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_text_comments_and_typing_errors() {
        let tokens: Vec<Token<'_>> = Tokens::new("a < b<BR/><!-- <p> --><a title='x>y' href=z>c</A ><style>p{}</style>d<b").collect();
        assert_eq!(
            tokens,
            [
                Token::Text("a "),
                Token::Text("< b"),
                Token::Open { name: "br".into(), attributes: "/" },
                Token::Open { name: "a".into(), attributes: " title='x>y' href=z" },
                Token::Text("c"),
                Token::Close("a".into()),
                Token::Text("d"),
                Token::Open { name: "b".into(), attributes: "" },
            ]
        );
    }

    #[test]
    fn attributes_and_character_references() {
        assert_eq!(attribute(" id = 'a b' CLASS=\"c&amp;d\" x", "class").as_deref(), Some("c&d"));
        assert_eq!(attribute(" id = 'a b' CLASS=c x", "id").as_deref(), Some("a b"));
        assert_eq!(attribute(" id", "class"), None);
        assert_eq!(decode("Gr&uuml;&#223;e &amp; more &nonsense; & ;"), "Grüße & more &nonsense; & ;");
    }
}
