//! Status codes in text: enhanced ones (RFC 3463) and those of SMTP (RFC 5321, section 4.2).

use std::fmt;

/// `class.subject.detail` (RFC 3463, section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Status {
    pub class: u16,
    pub subject: u16,
    pub detail: u16,
}

impl Status {
    /// A code that says success or failure and nothing about why.
    pub(crate) fn is_vague(self) -> bool {
        matches!((self.subject, self.detail), (0, _) | (1 | 3 | 4 | 5, 0))
    }

    #[cfg(test)]
    pub(crate) fn read(text: &str) -> Option<Self> {
        find(text).filter(|(at, _)| text[..*at].trim().is_empty()).map(|(_, status)| status)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

/// The first enhanced status code of a text. Not a part of an address, of a version or of a longer number.
pub(crate) fn find(text: &str) -> Option<(usize, Status)> {
    let bytes = text.as_bytes();
    for at in 0..bytes.len() {
        if !matches!(bytes[at], b'2' | b'4' | b'5') || bytes.get(at + 1) != Some(&b'.') {
            continue;
        }
        if at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || matches!(bytes[at - 1], b'.' | b'/' | b'@' | b'_')) {
            continue;
        }
        let Some((subject, next)) = number(bytes, at + 2) else { continue };
        if bytes.get(next) != Some(&b'.') {
            continue;
        }
        let Some((detail, end)) = number(bytes, next + 1) else { continue };
        // 5.1.1.3 is an IP address or a version; "5.1.1." ends a sentence.
        let goes_on = bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(u8::is_ascii_alphanumeric);
        if goes_on || bytes.get(end).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'@') || subject > 7 {
            continue;
        }
        return Some((at, Status { class: u16::from(bytes[at] - b'0'), subject, detail }));
    }
    None
}

fn number(bytes: &[u8], from: usize) -> Option<(u16, usize)> {
    let digits = bytes[from.min(bytes.len())..].iter().take(4).take_while(|b| b.is_ascii_digit()).count();
    if digits == 0 || digits > 3 {
        return None;
    }
    let number = bytes[from..from + digits].iter().fold(0, |number, b| number * 10 + u16::from(b - b'0'));
    Some((number, from + digits))
}

/// The first SMTP reply code that says failure: three digits that a reply would begin with, at the start of a word.
pub(crate) fn smtp_code(text: &str) -> Option<u16> {
    let bytes = text.as_bytes();
    for at in 0..bytes.len().saturating_sub(2) {
        if !matches!(bytes[at], b'4' | b'5') || !matches!(bytes[at + 1], b'0'..=b'7') || !bytes[at + 2].is_ascii_digit() {
            continue;
        }
        let before = at.checked_sub(1).map(|before| bytes[before]);
        let begins = before.is_none_or(|b| b.is_ascii_whitespace() || b"(<:;\"'[-#".contains(&b));
        let after = bytes.get(at + 3);
        let ends = after.is_none_or(|b| b.is_ascii_whitespace() || b"-:)#,.;\"']<".contains(b));
        // "within 420 hours", "port 443", a message size: a code stands at the start of what a server said.
        let rest = text[at + 3..].trim_start().to_ascii_lowercase();
        let is_amount = ["hour", "minute", "second", "day", "byte", "kb", "mb", "kilobyte", "message", "recipient"]
            .iter()
            .any(|unit| rest.starts_with(unit));
        if begins && ends && !is_amount {
            return text[at..at + 3].parse().ok();
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enhanced_codes_are_told_from_addresses_and_versions() {
        let read = |text| find(text).map(|(_, status)| status.to_string());
        assert_eq!(read("550 5.1.1 <ada@one.example> unknown").as_deref(), Some("5.1.1"));
        assert_eq!(read("#5.7.606.").as_deref(), Some("5.7.606"));
        assert_eq!(read("host 5.1.1.3 said: (4.2.2)").as_deref(), Some("4.2.2"));
        assert_eq!(read("Postfix 3.5.6, mx5.1.1.example"), None);
        assert_eq!(read("exim 4.95.1"), None);
    }

    #[test]
    fn reply_codes_are_told_from_amounts() {
        assert_eq!(smtp_code("said: 550-5.1.1 no"), Some(550));
        assert_eq!(smtp_code("<<< 452 full"), Some(452));
        assert_eq!(smtp_code("after 420 hours, 4500 bytes, x550"), None);
    }
}
