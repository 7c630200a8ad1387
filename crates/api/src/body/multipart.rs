//! `multipart/form-data` (RFC 7578), as browsers write it: the fields that were typed, and the files that were chosen.

use memchr::memmem;

/// A form has some dozens.
const MOST_PARTS: usize = 200;

/// Of one part, in bytes.
const MOST_HEADERS: usize = 4 * 1024;

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Part<'a> {
    pub(crate) name: String,
    /// A part with one is a file; an empty one says that no file was chosen.
    pub(crate) file_name: Option<String>,
    pub(crate) content: &'a [u8],
}

/// The parameter of `Content-Type`: 1 to 70 characters (RFC 2046, section 5.1.1).
pub(crate) fn boundary(content_type: &str) -> Option<String> {
    let boundary = parameter(content_type, "boundary")?;
    (1..=70).contains(&boundary.len()).then_some(boundary)
}

/// Every part of a whole body; `None` if it is not one, or ends before its last boundary.
pub(crate) fn parts<'a>(body: &'a [u8], boundary: &str) -> Option<Vec<Part<'a>>> {
    let delimiter = format!("\r\n--{boundary}");
    let finder = memmem::Finder::new(delimiter.as_bytes());
    // The first boundary need not have a line break in front of it.
    let mut rest = match body.strip_prefix(&delimiter.as_bytes()[2..]) {
        Some(rest) => rest,
        None => &body[finder.find(body)? + delimiter.len()..],
    };
    let mut parts = Vec::new();
    loop {
        if rest.starts_with(b"--") {
            return Some(parts);
        }
        // Between a boundary and its line break there may be white space.
        let line_end = memmem::find(rest, b"\r\n")?;
        if parts.len() == MOST_PARTS || !rest[..line_end].iter().all(|byte| matches!(byte, b' ' | b'\t')) {
            return None;
        }
        // The line break stays: where a part has no headers, it is the first half of the empty line.
        let part_and_more = &rest[line_end..];
        let end = finder.find(part_and_more)?;
        let (part, more) = part_and_more.split_at(end);
        parts.extend(read(part)?);
        rest = &more[delimiter.len()..];
    }
}

/// `Some(None)` for one without a name, which no form sends.
fn read(part: &[u8]) -> Option<Option<Part<'_>>> {
    let headers_end = memmem::find(&part[..part.len().min(MOST_HEADERS)], b"\r\n\r\n")?;
    let (headers, content) = (String::from_utf8_lossy(&part[..headers_end]), &part[headers_end + 4..]);
    let disposition = headers.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("content-disposition").then_some(value)
    });
    let Some(disposition) = disposition else { return Some(None) };
    let Some(name) = parameter(disposition, "name") else { return Some(None) };
    Some(Some(Part { name, file_name: parameter(disposition, "filename"), content }))
}

/// Browsers write `"`, CR and LF inside of a value as `%22`, `%0D` and `%0A` (HTML standard, section 4.10.21.8), other programs `\"`.
fn parameter(header: &str, wanted: &str) -> Option<String> {
    let mut rest = header;
    loop {
        rest = &rest[rest.find(';')? + 1..];
        let (name, value) = rest.split_once('=')?;
        let (value, after) = value_of(value.trim_start());
        if name.trim().eq_ignore_ascii_case(wanted) {
            return Some(value.replace("%22", "\"").replace("%0D", "").replace("%0A", " "));
        }
        rest = after;
    }
}

fn value_of(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(';').unwrap_or(text.len());
        return (text[..end].trim().to_owned(), &text[end..]);
    };
    let mut value = String::new();
    let mut letters = quoted.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return (value, &quoted[at + 1..]),
            // Only what needs it is escaped: Windows paths have backslashes of their own.
            '\\' if quoted[at + 1..].starts_with(['"', '\\']) => value.extend(letters.next().map(|(_, letter)| letter)),
            letter => value.push(letter),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = b"--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nZo\xc3\xab\r\n\
        --b\r\nContent-Disposition: form-data; name=\"resume\"; filename=\"a %22b%22; c=d.pdf\"\r\nContent-Type: application/pdf\r\n\r\n%PDF\r\n--c\r\n\r\n\
        --b\r\ncontent-disposition: form-data; name=x; filename=\"\"\r\n\r\n\r\n--b--\r\nepilogue";

    #[test]
    fn the_parts_are_what_a_browser_sent() {
        let part = |name: &str, file: Option<&str>, content: &'static [u8]| Part {
            name: name.to_owned(),
            file_name: file.map(str::to_owned),
            content,
        };
        let expected =
            [part("name", None, "Zoë".as_bytes()), part("resume", Some("a \"b\"; c=d.pdf"), b"%PDF\r\n--c\r\n"), part("x", Some(""), b"")];
        assert_eq!(parts(BODY, "b").unwrap(), expected);
        assert_eq!(parts(&[b"preamble\r\n", BODY].concat(), "b").unwrap().len(), 3);
        assert_eq!(parts(b"--b--", "b"), Some(vec![]));
    }

    #[test]
    fn what_ends_too_early_or_is_none_is_refused() {
        let whole = BODY.len() - "--\r\nepilogue".len();
        for cut in 0..whole {
            assert_eq!(parts(&BODY[..cut], "b"), None, "{cut}");
        }
        assert_eq!(parts(BODY, "other"), None);
        assert_eq!(parts(b"--b\r\nno headers--b--", "b"), None);
        let many = b"--b\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n".repeat(MOST_PARTS + 1);
        assert_eq!(parts(&[&many[..], b"--b--"].concat(), "b"), None);
    }

    #[test]
    fn a_boundary_is_found_among_other_parameters() {
        for (given, expected) in [
            ("multipart/form-data; boundary=----WebKitFormBoundaryX", Some("----WebKitFormBoundaryX")),
            ("multipart/form-data; charset=utf-8; Boundary=\"a b\"", Some("a b")),
            ("multipart/form-data", None),
            ("multipart/form-data; boundary=", None),
        ] {
            assert_eq!(boundary(given).as_deref(), expected, "{given}");
        }
        assert_eq!(parameter("form-data; name=\"a\\\"b\"; filename=\"C:\\dir\\cv.pdf\"", "filename").as_deref(), Some("C:\\dir\\cv.pdf"));
        assert_eq!(parameter("form-data; name=\"a\\\"b\"", "name").as_deref(), Some("a\"b"));
    }
}
