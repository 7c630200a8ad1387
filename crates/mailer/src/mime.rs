//! Reads our own mails back, for tests: the headers and the two parts, decoded.

use std::fmt::Write;

/// The headers as sent, unfolded.
pub(crate) fn headers(raw: &[u8]) -> String {
    let raw = std::str::from_utf8(raw).unwrap();
    raw.split_once("\r\n\r\n").unwrap().0.replace("\r\n ", " ").replace("\r\n", "\n")
}

/// The text and the HTML part.
pub(crate) fn parts(raw: &[u8]) -> (String, String) {
    let raw = std::str::from_utf8(raw).unwrap();
    let boundary = raw.split_once("boundary=\"").unwrap().1.split_once('"').unwrap().0;
    let delimiter = format!("--{boundary}");
    let mut parts = raw.split(&delimiter).skip(1).take(2).map(decoded);
    (parts.next().unwrap(), parts.next().unwrap())
}

fn decoded(part: &str) -> String {
    let (head, body) = part.split_once("\r\n\r\n").unwrap();
    let body = body.strip_suffix("\r\n").unwrap();
    if head.contains("quoted-printable") {
        quoted_printable(body)
    } else if head.contains("base64") {
        let body: String = body.split_whitespace().collect();
        String::from_utf8(data_encoding::BASE64.decode(body.as_bytes()).unwrap()).unwrap().replace("\r\n", "\n")
    } else {
        body.replace("\r\n", "\n")
    }
}

/// RFC 2045, section 6.7.
fn quoted_printable(body: &str) -> String {
    let body = body.replace("=\r\n", "").replace("\r\n", "\n");
    let mut pieces = body.split('=');
    let mut bytes = pieces.next().unwrap().as_bytes().to_vec();
    for piece in pieces {
        bytes.push(u8::from_str_radix(&piece[..2], 16).unwrap());
        bytes.extend_from_slice(&piece.as_bytes()[2..]);
    }
    String::from_utf8(bytes).unwrap().replace("\r\n", "\n")
}

/// HTML with its numeric character references as the characters that they stand for.
pub(crate) fn legible(html: &str) -> String {
    let mut pieces = html.split("&#");
    let mut seen = pieces.next().unwrap().to_owned();
    for piece in pieces {
        let (number, rest) = piece.split_once(';').unwrap();
        seen.push(char::from_u32(number.parse().unwrap()).unwrap());
        seen.push_str(rest);
    }
    seen
}

/// The words that a reader of the HTML sees, with an address after its link as in the text part.
pub(crate) fn visible(html: &str) -> String {
    let html = legible(html);
    let mut seen = String::new();
    let mut address = None;
    for piece in html.split_once("<body").unwrap().1.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').unwrap();
        if let Some(href) = tag.strip_prefix("a href=\"") {
            address = href.split('"').next();
        }
        if tag == "/a" {
            let colon = if html.contains("<html lang=\"fr\"") { "\u{a0}: " } else { ": " };
            write!(seen, "{colon}{}", address.take().unwrap()).unwrap();
        }
        if !matches!(tag, "strong" | "/strong" | "/a") && !tag.starts_with("a ") {
            seen.push(' ');
        }
        seen.push_str(text);
    }
    seen.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}
