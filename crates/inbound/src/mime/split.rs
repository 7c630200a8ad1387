//! Where the parts of a multipart begin and end (RFC 2046, section 5.1.1).

/// mbox files and some deliveries put `From somebody Mon Jan 1 …` before the headers.
pub(super) fn without_envelope_line(raw: &[u8]) -> &[u8] {
    if raw.starts_with(b"From ") || raw.starts_with(b">From ") {
        memchr::memchr(b'\n', raw).map_or(raw, |end| &raw[end + 1..])
    } else {
        raw
    }
}

pub(super) fn pieces<'a>(raw: &'a [u8], boundary: &[u8]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    let mut begin = None;
    let mut line = 0;
    while line < raw.len() {
        let end = memchr::memchr(b'\n', &raw[line..]).map_or(raw.len(), |at| line + at + 1);
        if let Some(closes) = is_boundary(&raw[line..end], boundary) {
            if let Some(begin) = begin {
                pieces.push(without_last_break(&raw[begin..line]));
            }
            begin = (!closes).then_some(end);
            // More than the caller takes.
            if closes || pieces.len() > crate::limits::PARTS {
                return pieces;
            }
        }
        line = end;
    }
    // A mail that was cut off has no closing boundary.
    if let Some(begin) = begin {
        pieces.push(&raw[begin..]);
    }
    pieces
}

/// Whether the line is the boundary, and if so, whether it is the closing one.
fn is_boundary(line: &[u8], boundary: &[u8]) -> Option<bool> {
    let rest = line.strip_prefix(b"--")?.strip_prefix(boundary)?;
    let rest = rest.trim_ascii_end();
    match rest {
        b"" => Some(false),
        b"--" => Some(true),
        _ => None,
    }
}

/// The line break before a boundary belongs to the boundary.
fn without_last_break(piece: &[u8]) -> &[u8] {
    let piece = piece.strip_suffix(b"\n").unwrap_or(piece);
    piece.strip_suffix(b"\r").unwrap_or(piece)
}

/// A multipart whose header lost its boundary: the first line that looks like one, and comes twice.
pub(super) fn guess_boundary(raw: &[u8]) -> Option<String> {
    let first = raw.split(|&b| b == b'\n').take(200).map(<[u8]>::trim_ascii_end).find(|line| {
        line.len() > 4 && line.len() < 100 && line.starts_with(b"--") && !line.contains(&b' ') && line.iter().any(u8::is_ascii_alphanumeric)
    })?;
    let boundary = &first[2..];
    (pieces(raw, boundary).len() > 1 || raw.trim_ascii_end().ends_with(b"--")).then(|| String::from_utf8_lossy(boundary).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_lie_between_boundaries_and_a_lost_end_ends_the_last_one() {
        let raw = b"preamble\r\n--b\r\n\r\none\r\n--b  \r\n\r\ntwo\r\nlines\r\n--b--\r\nepilogue";
        assert_eq!(pieces(raw, b"b"), [&b"\r\none"[..], b"\r\ntwo\r\nlines"]);
        assert_eq!(pieces(b"--b\n\none\n--bc\ntwo", b"b"), [&b"\none\n--bc\ntwo"[..]]);
        assert!(pieces(b"no boundary", b"b").is_empty());
    }

    #[test]
    fn a_boundary_that_the_header_lost_is_found() {
        assert_eq!(guess_boundary(b"--=_x\n\none\n--=_x\n\ntwo\n--=_x--\n").as_deref(), Some("=_x"));
        assert_eq!(guess_boundary(b"-- \nAda\n"), None);
    }
}
