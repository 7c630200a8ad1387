//! A mail as its reader sees it: headers and parts, decoded.

use mail_parser::{Header, Message, MessageParser, MessagePart, PartType};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Content {
    /// Unfolded, with encoded words decoded (RFC 2047), in the mail's order.
    pub(super) headers: Vec<(String, String)>,
    /// The first text part that is no attachment; lines end with a line feed.
    pub(super) text: Option<String>,
    pub(super) html: Option<String>,
}

impl Content {
    /// Whatever can be made out: a mail without any header line has nothing.
    pub(super) fn read(raw: &[u8]) -> Self {
        let parser = MessageParser::new().with_mime_headers().default_header_text();
        let Some(mail) = parser.parse(raw) else { return Self::default() };
        Self {
            headers: mail.headers().iter().map(|header| (header.name().to_owned(), value(&mail, header))).collect(),
            text: mail.text_bodies().find(|part| !is_html(part)).and_then(words),
            html: mail.html_bodies().find(|part| is_html(part)).and_then(words),
        }
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

fn value(mail: &Message<'_>, header: &Header<'_>) -> String {
    if let Some(text) = header.value.as_text() {
        return text.to_owned();
    }
    let raw = mail.raw_message.get(header.offset_start as usize..header.offset_end as usize).unwrap_or_default();
    // RFC 5322, section 2.2.3: a line break before white space is folding, and only that.
    String::from_utf8_lossy(raw).replace("\r\n", "").trim().to_owned()
}

fn is_html(part: &MessagePart<'_>) -> bool {
    matches!(part.body, PartType::Html(_))
}

fn words(part: &MessagePart<'_>) -> Option<String> {
    part.text_contents().map(|text| text.replace("\r\n", "\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_and_headers_are_decoded() {
        let raw = concat!(
            "From: =?utf-8?b?R3LDvMOfZQ==?= <careers@example.com>\r\nSubject: =?utf-8?q?Zo=C3=AB=2C?=\r\n =?utf-8?q?_hello?=\r\n",
            "X-Long: one\r\n two\r\nContent-Type: multipart/alternative;\r\n boundary=\"b\"\r\n\r\n",
            "--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n",
            "Hello Zo=C3=AB,=\r\n you\r\n.\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n",
            "PHA+Wm/DqzwvcD4=\r\n--b--\r\n",
        );
        let content = Content::read(raw.as_bytes());
        let headers: Vec<_> = content.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        assert_eq!(
            headers,
            [
                "From: Grüße <careers@example.com>",
                "Subject: Zoë, hello",
                "X-Long: one two",
                "Content-Type: multipart/alternative; boundary=\"b\""
            ]
        );
        assert_eq!(content.text.as_deref(), Some("Hello Zoë, you\n."));
        assert_eq!(content.html.as_deref(), Some("<p>Zoë</p>"));
        assert_eq!(content.header("subject"), Some("Zoë, hello"));
    }

    #[test]
    fn a_mail_with_one_part_has_only_that() {
        let text = Content::read(b"Subject: x\r\n\r\nhello\r\n");
        assert_eq!((text.text.as_deref(), text.html), (Some("hello\n"), None));
        let html = Content::read(b"Content-Type: text/html\r\n\r\n<p>hello</p>");
        assert_eq!((html.text, html.html.as_deref()), (None, Some("<p>hello</p>")));
    }

    #[test]
    fn no_bytes_are_too_broken() {
        for raw in [&b""[..], b"\r\n\r\n", b"\0\xff\xfe", b"no header at all", b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"]
        {
            let content = Content::read(raw);
            assert_eq!(content.html, None);
        }
    }
}
