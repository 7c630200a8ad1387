//! What a file is called where it is kept and where it is saved again.

use super::FileKind;
use crate::one_line::one_line;

/// In characters, so that it can be saved on every system with what a browser adds.
const MOST: usize = 120;

/// The last part of the given path, without what a system could take for more than a name, and with an ending that says what the file is:
/// `cv.pdf.exe` that is a PDF is saved as `cv.pdf.exe.pdf`.
pub fn file_name(given: &str, kind: FileKind) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = last
        .chars()
        .filter(|c| !matches!(c, '"' | '<' | '>' | ':' | '|' | '?' | '*') && one_line(&c.to_string(), 1).is_ok() || *c == ' ')
        .collect();
    // A name that begins with a dot is a hidden one, and one that ends with a dot or a space loses that on Windows.
    let plain = plain.trim().trim_start_matches('.').trim_end_matches(['.', ' ']);
    let (stem, ending) = match plain.rsplit_once('.') {
        Some((stem, ending)) if kind.extensions().iter().any(|known| ending.eq_ignore_ascii_case(known)) => (stem, ending),
        _ => (plain, kind.extensions()[0]),
    };
    let stem: String = stem.chars().take(MOST).collect();
    let stem = if stem.trim().is_empty() { "file" } else { stem.trim() };
    format!("{stem}.{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_name_and_says_what_the_file_is() {
        for (given, kind, expected) in [
            ("CV Ada.pdf", FileKind::Pdf, "CV Ada.pdf"),
            ("Lebenslauf Zoë.PDF", FileKind::Pdf, "Lebenslauf Zoë.PDF"),
            ("cv.exe", FileKind::Pdf, "cv.exe.pdf"),
            ("C:\\fakepath\\cv.docx", FileKind::Docx, "cv.docx"),
            ("../../etc/passwd", FileKind::Text, "passwd.txt"),
            (".htaccess", FileKind::Text, "htaccess.txt"),
            ("a\r\nSet-Cookie: x.pdf", FileKind::Pdf, "aSet-Cookie x.pdf"),
            ("cv\u{202e}fdp.exe", FileKind::Pdf, "cvfdp.exe.pdf"),
            ("photo.jpeg", FileKind::Jpeg, "photo.jpeg"),
            ("", FileKind::Png, "file.png"),
            (".pdf", FileKind::Pdf, "pdf.pdf"),
            ("\"quoted\".pdf", FileKind::Pdf, "quoted.pdf"),
            ("...", FileKind::Rtf, "file.rtf"),
        ] {
            assert_eq!(file_name(given, kind), expected, "{given:?}");
        }
        assert_eq!(file_name(&format!("{}.pdf", "é".repeat(500)), FileKind::Pdf).chars().count(), MOST + 4);
    }
}
