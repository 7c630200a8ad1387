//! From bytes on the wire to text.

use std::borrow::Cow;

use mail_parser::decoders::{base64::base64_decode, charsets::map::charset_decoder, quoted_printable::quoted_printable_decode};

/// Undoes the transfer encoding (RFC 2045, section 6), for at most `limit` bytes of what comes out. What cannot be decoded stays as it
/// is: better odd than lost.
pub(super) fn transfer_within<'a>(raw: &'a [u8], encoding: &str, limit: usize) -> Cow<'a, [u8]> {
    let encoding = encoding.trim();
    let cut = |factor: usize| &raw[..raw.len().min(limit.saturating_mul(factor))];
    let mut decoded = if encoding.eq_ignore_ascii_case("base64") {
        // Whole groups only, or the decoder refuses the rest with the cut end.
        Cow::Owned(base64_decode(cut(2)).filter(|decoded| !decoded.is_empty()).unwrap_or_else(|| tolerant_base64(cut(2))))
    } else if encoding.eq_ignore_ascii_case("quoted-printable") {
        quoted_printable_decode(cut(3)).map_or(Cow::Borrowed(cut(1)), Cow::Owned)
    } else {
        Cow::Borrowed(cut(1))
    };
    if decoded.len() > limit {
        decoded = Cow::Owned(decoded[..limit].to_vec());
    }
    decoded
}

/// The longest beginning that is base64: scanners append plain footers, and a part may be cut off.
fn tolerant_base64(raw: &[u8]) -> Vec<u8> {
    let end = raw.iter().position(|&b| !(b.is_ascii_alphanumeric() || b"+/=\r\n \t".contains(&b))).unwrap_or(raw.len());
    let mut letters: Vec<u8> = raw[..end].iter().copied().filter(|b| !b.is_ascii_whitespace() && *b != b'=').collect();
    letters.truncate(letters.len() / 4 * 4);
    base64_decode(&letters).unwrap_or_default()
}

pub(super) fn text(bytes: &[u8], charset: Option<&str>) -> String {
    let charset = charset.map(|name| name.trim().to_ascii_lowercase());
    let text = match charset.as_deref().and_then(|name| charset_decoder(name.as_bytes())) {
        // Programs that say ASCII and write UTF-8 are more common than those that mean it.
        Some(decoder) if !(charset.as_deref().is_some_and(|name| name.contains("ascii")) && std::str::from_utf8(bytes).is_ok()) => {
            decoder(bytes)
        }
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            // Cut inside a letter, at the limit.
            Err(error) if error.error_len().is_none() => String::from_utf8_lossy(&bytes[..error.valid_up_to()]).into_owned(),
            Err(_) => {
                charset_decoder(b"windows-1252").map_or_else(|| String::from_utf8_lossy(bytes).into_owned(), |decoder| decoder(bytes))
            }
        },
    };
    tidy(&text)
}

/// Line ends as `\n`; no control characters, and none that turn the direction of what comes after them.
pub(super) fn tidy(text: &str) -> String {
    let mut tidied = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\r' => {
                letters.next_if_eq(&'\n');
                tidied.push('\n');
            }
            '\n' | '\t' => tidied.push(letter),
            '\u{2028}' | '\u{2029}' | '\u{85}' => tidied.push('\n'),
            '\u{feff}' | '\u{200b}' | '\u{2060}' | '\u{ad}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            _ if letter.is_control() => {}
            _ => tidied.push(letter),
        }
    }
    tidied
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transfer_encodings_are_undone_and_broken_ones_lose_little() {
        assert_eq!(&*transfer_within(b"R3LDvMOfZQ==", "BASE64", 99), "Grüße".as_bytes());
        assert_eq!(&*transfer_within(b"R3LDvMOfZQ==\n_____\nlist footer", "base64", 99), "Grüß".as_bytes());
        assert_eq!(&*transfer_within(b"Gr=C3=BC=C3=9Fe=\r\n!", "quoted-printable", 99), "Grüße!".as_bytes());
        assert_eq!(&*transfer_within(b"as it is", "8bit", 5), b"as it");
    }

    #[test]
    fn charsets_are_decoded_and_wrong_ones_guessed() {
        assert_eq!(text(b"\x82\xb1\x82\xf1\x82\xc9\x82\xbf\x82\xcd", Some("Shift_JIS")), "こんにちは");
        assert_eq!(text("Grüße".as_bytes(), Some("us-ascii")), "Grüße");
        assert_eq!(text(b"Gr\xfc\xdfe", None), "Grüße");
        assert_eq!(text(b"a\r\nb\rc\0", None), "a\nb\nc");
    }
}
