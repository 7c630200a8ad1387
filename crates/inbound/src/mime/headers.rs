//! One block of header fields, unfolded. Their values are decoded when they are asked for.

use mail_parser::{Address, ContentType, parsers::MessageStream};

use crate::{limits, mime::decode};

#[derive(Clone, Debug, Default)]
pub struct Headers {
    /// Name in lower case, and the value as it came, without line breaks.
    fields: Vec<(String, Vec<u8>)>,
}

/// The bytes of the header block, and the rest.
pub(crate) fn block(raw: &[u8]) -> (&[u8], &[u8]) {
    let mut line = 0;
    while line < raw.len() && line <= limits::HEADER_BLOCK {
        let end = memchr::memchr(b'\n', &raw[line..]).map_or(raw.len(), |at| line + at + 1);
        if raw[line..end].trim_ascii().is_empty() && (line == 0 || raw[line..end].first().is_some_and(|&b| b == b'\r' || b == b'\n')) {
            return (&raw[..line], &raw[end..]);
        }
        // Text where a header was expected: the empty line in between got lost.
        if !is_field(&raw[line..end]) && !raw[line].is_ascii_whitespace() {
            return (&raw[..line], &raw[line..]);
        }
        line = end;
    }
    (&raw[..line.min(raw.len())], &raw[line.min(raw.len())..])
}

/// `Name: value` (RFC 5322, section 2.2).
fn is_field(line: &[u8]) -> bool {
    let line = &line[..line.len().min(limits::HEADER_FIELD)];
    memchr::memchr(b':', line).is_some_and(|colon| {
        let name = line[..colon].trim_ascii_end();
        !name.is_empty() && name.len() <= 200 && name.iter().all(u8::is_ascii_graphic)
    })
}

impl Headers {
    pub fn read(block: &[u8]) -> Self {
        let mut fields: Vec<(String, Vec<u8>)> = Vec::new();
        for line in block.split(|&b| b == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.first().is_some_and(u8::is_ascii_whitespace) {
                if let Some((_, value)) = fields.last_mut() {
                    let room = limits::HEADER_FIELD.saturating_sub(value.len());
                    value.extend_from_slice(&line[..line.len().min(room)]);
                }
            } else if is_field(line) {
                if fields.len() == limits::HEADER_FIELDS {
                    break;
                }
                let colon = memchr::memchr(b':', line).unwrap_or(line.len());
                let name = String::from_utf8_lossy(line[..colon].trim_ascii_end()).to_ascii_lowercase();
                let value = line.get(colon + 1..).unwrap_or_default();
                fields.push((name, value[..value.len().min(limits::HEADER_FIELD)].to_vec()));
            }
        }
        Self { fields }
    }

    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    pub fn has(&self, name: &str) -> bool {
        self.raw(name).next().is_some()
    }

    /// The names, in lower case, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|(name, _)| name.as_str())
    }

    fn raw<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s [u8]> {
        self.fields.iter().filter(move |(given, _)| given == name).map(|(_, value)| value.as_slice())
    }

    /// The first field of this name, decoded (RFC 2047), without spaces around it.
    pub fn text(&self, name: &str) -> Option<String> {
        self.raw(name).next().map(unstructured)
    }

    pub fn texts(&self, name: &str) -> Vec<String> {
        self.raw(name).map(unstructured).collect()
    }

    /// All addresses of all fields of this name, without their display names.
    pub fn addresses(&self, name: &str) -> Vec<String> {
        let mut all = Vec::new();
        for value in self.raw(name) {
            let line = as_line(value);
            let parsed = MessageStream::new(&line).parse_address().into_address();
            let list = parsed.map(Address::into_list).unwrap_or_default();
            all.extend(
                list.into_iter()
                    .filter_map(|one| one.address)
                    .map(|address| address.trim().to_owned())
                    .filter(|address| is_address(address)),
            );
        }
        all.truncate(limits::RECIPIENTS);
        all
    }

    /// Message ids, in their angle brackets. Other words in the field, which old programs write there, are left out.
    pub fn ids(&self, name: &str) -> Vec<String> {
        let mut ids = Vec::new();
        for value in self.raw(name) {
            let text = String::from_utf8_lossy(value);
            let mut rest = &*text;
            while let Some(open) = rest.find('<') {
                let Some(close) = rest[open..].find('>') else { break };
                let id = &rest[open..=open + close];
                if id.len() > 2 && !id[1..].contains('<') {
                    // A field that was folded inside an id, as some relays do.
                    let id: String = id.chars().filter(|c| !c.is_whitespace()).collect();
                    // RFC 5322, section 2.1.1: no longer than a line.
                    if id.len() < 998 {
                        ids.push(id);
                    }
                }
                rest = &rest[open + close + 1..];
            }
        }
        ids.truncate(limits::RECIPIENTS);
        ids
    }

    pub fn content_type(&self, name: &str) -> Option<ContentType<'static>> {
        let line = as_line(self.raw(name).next()?);
        MessageStream::new(&line).parse_content_type().into_owned().into_content_type()
    }
}

/// As far as it matters here: mail-parser takes what it finds.
fn is_address(text: &str) -> bool {
    text.len() <= limits::ADDRESS && text.contains('@') && !text.chars().any(char::is_control)
}

/// mail-parser reads a value up to the end of its line.
fn as_line(value: &[u8]) -> Vec<u8> {
    let mut line: Vec<u8> = value.iter().map(|&b| if b == b'\t' { b' ' } else { b }).collect();
    line.extend_from_slice(b"\r\n");
    line
}

fn unstructured(value: &[u8]) -> String {
    let line = as_line(value);
    let decoded = MessageStream::new(&line).parse_unstructured().into_text().map_or_else(String::new, std::borrow::Cow::into_owned);
    decode::tidy(&decoded).trim().replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_unfolded_decoded_and_found_whatever_their_case() {
        let (head, rest) = block(
            b"SUBJECT: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n aus Wien\r\nTo: Ada <ada@one.example>,\r\n\t\"B, C\" <b@two.example>\r\n\r\nbody",
        );
        let headers = Headers::read(head);
        assert_eq!(rest, b"body");
        assert_eq!(headers.text("subject").as_deref(), Some("Grüße aus Wien"));
        assert_eq!(headers.addresses("to"), ["ada@one.example", "b@two.example"]);
    }

    #[test]
    fn ids_keep_their_brackets_and_words_around_them_are_left_out() {
        let headers =
            Headers::read(b"In-Reply-To: Your message of Monday <a@x.example>\nReferences: <b@x.example>\n <c@x.example> nonsense <>\n");
        assert_eq!(headers.ids("in-reply-to"), ["<a@x.example>"]);
        assert_eq!(headers.ids("references"), ["<b@x.example>", "<c@x.example>"]);
    }

    #[test]
    fn text_without_an_empty_line_before_it_is_not_taken_for_headers() {
        let (head, rest) = block(b"Subject: x\nThis is text\nmore");
        assert_eq!(Headers::read(head).names().collect::<Vec<_>>(), ["subject"]);
        assert_eq!(rest, b"This is text\nmore");
    }
}
