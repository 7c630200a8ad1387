//! Where a mail ends, and the dots that were put before those of its lines (RFC 5321, section 4.5.2).
//!
//! Only `CR LF . CR LF` ends one. CR or LF alone are bytes of the mail: a server that takes `LF . LF` for the end, when the one before
//! it did not, lets a sender write commands into a mail (SMTP smuggling; RFC 5321, section 4.1.1.4 forbids it).

/// What was seen of the current line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Seen {
    /// Nothing. So it is after DATA, whose line end counts.
    #[default]
    Nothing,
    Dot,
    DotCr,
    Text,
    Cr,
}

#[derive(Debug, Default)]
pub(super) struct Dots(Seen);

impl Dots {
    /// Gives the bytes of the mail to `keep`, and says how many bytes were used and whether that was the last of it. Without the
    /// end, all are used.
    pub(super) fn take(&mut self, bytes: &[u8], mut keep: impl FnMut(&[u8])) -> (usize, bool) {
        let mut at = 0;
        while at < bytes.len() {
            let byte = bytes[at];
            match (self.0, byte) {
                (Seen::DotCr, b'\n') => {
                    self.0 = Seen::Nothing;
                    return (at + 1, true);
                }
                (Seen::Nothing, b'.') => self.0 = Seen::Dot,
                // It may belong to the end: held back until the next byte.
                (Seen::Dot, b'\r') => self.0 = Seen::DotCr,
                (Seen::DotCr, _) => {
                    // It did not. The byte is looked at again.
                    keep(b"\r");
                    self.0 = Seen::Cr;
                    continue;
                }
                (Seen::Cr, b'\n') => {
                    keep(b"\n");
                    self.0 = Seen::Nothing;
                }
                (Seen::Nothing | Seen::Dot | Seen::Text | Seen::Cr, _) => {
                    // As much of the line as there is.
                    let rest = &bytes[at..];
                    let length = memchr::memchr(b'\r', rest).map_or(rest.len(), |cr| cr + 1);
                    keep(&rest[..length]);
                    self.0 = if rest[length - 1] == b'\r' { Seen::Cr } else { Seen::Text };
                    at += length;
                    continue;
                }
            }
            at += 1;
        }
        (at, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use memchr::memmem;
    use proptest::prelude::*;

    /// The mail and what is left behind its end, when the bytes come in pieces of this length.
    fn taken(bytes: &[u8], piece: usize) -> (Vec<u8>, Option<Vec<u8>>) {
        let mut dots = Dots::default();
        let mut mail = Vec::new();
        let mut at = 0;
        for chunk in bytes.chunks(piece) {
            let (used, is_over) = dots.take(chunk, |kept| mail.extend_from_slice(kept));
            at += used;
            if is_over {
                return (mail, Some(bytes[at..].to_vec()));
            }
            assert_eq!(used, chunk.len());
        }
        (mail, None)
    }

    /// The same by the words of the RFC: over the whole, with the line end of DATA in front.
    fn by_the_rule(bytes: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
        let whole = [b"\r\n", bytes].concat();
        let end = memmem::find(&whole, b"\r\n.\r\n")?;
        let mut mail = Vec::new();
        let mut rest = &whole[..end + 2];
        while let Some(at) = memmem::find(rest, b"\r\n.") {
            mail.extend_from_slice(&rest[..at + 2]);
            rest = &rest[at + 3..];
        }
        mail.extend_from_slice(rest);
        Some((mail[2..].to_vec(), whole[end + 5..].to_vec()))
    }

    #[test]
    fn a_mail_ends_at_a_line_with_a_dot_and_nowhere_else() {
        for (bytes, mail, rest) in [
            ("\r\n.\r\n", "\r\n", Some("")),
            (".\r\n", "", Some("")),
            (".\r\n.\r\n", "", Some(".\r\n")),
            ("a\r\n.\r\nQUIT\r\n", "a\r\n", Some("QUIT\r\n")),
            ("..\r\n...\r\n.a\r\n.\r\n", ".\r\n..\r\na\r\n", Some("")),
            // What others take for the end.
            ("a\n.\nb\r\n.\r\n", "a\n.\nb\r\n", Some("")),
            ("a\n.\r\nb\r\n.\r\n", "a\n.\r\nb\r\n", Some("")),
            ("a\r\n.\nb\r\n.\r\n", "a\r\n\nb\r\n", Some("")),
            ("a\r.\rb\r\n.\r\n", "a\r.\rb\r\n", Some("")),
            ("a\r\n.\rb\r\n.\r\n", "a\r\n\rb\r\n", Some("")),
            ("a\r\n.\r\r\nb\r\n.\r\n", "a\r\n\r\r\nb\r\n", Some("")),
            ("a\r\r\n.\r\n", "a\r\r\n", Some("")),
            ("a\r\n\0.\r\n", "a\r\n\0.\r\n", None),
            ("a\r\n.", "a\r\n", None),
            ("a\r\n.\r", "a\r\n", None),
        ] {
            for piece in [1, 2, 3, 1000] {
                let (got, left) = taken(bytes.as_bytes(), piece);
                assert_eq!(String::from_utf8(got).unwrap(), mail, "{bytes:?} by {piece}");
                assert_eq!(left.as_deref(), rest.map(str::as_bytes), "{bytes:?} by {piece}");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn every_mail_is_read_as_the_rule_says(bytes in "[a.\r\n]{0,24}", piece in 1_usize..8) {
            let bytes = bytes.into_bytes();
            let (mail, left) = taken(&bytes, piece);
            match by_the_rule(&bytes) {
                Some((expected, rest)) => prop_assert_eq!((mail, left), (expected, Some(rest))),
                None => prop_assert_eq!(left, None),
            }
        }

        #[test]
        fn a_mail_that_is_stuffed_comes_back(lines in prop::collection::vec("[a.\n]{0,3}|\r", 0..8), piece in 1_usize..8) {
            // A line may end in CR here, which makes CR CR LF.
            let mail = lines.iter().map(|line| format!("{line}\r\n")).collect::<String>();
            let stuffed = lines.iter().map(|line| if line.starts_with('.') { format!(".{line}\r\n") } else { format!("{line}\r\n") });
            let sent = stuffed.collect::<String>() + ".\r\nQUIT\r\n";
            prop_assert_eq!(taken(sent.as_bytes(), piece), (mail.into_bytes(), Some(b"QUIT\r\n".to_vec())));
        }
    }
}
