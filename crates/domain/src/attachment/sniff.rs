//! What a file is by its first bytes, and for the two that are ZIP archives by what is in them.

use super::{FileKind, zip};

/// A PDF may have something in front of its header (ISO 32000-2, Annex I), and readers look no further than this.
const PDF_HEADER_WITHIN: usize = 1024;

pub(super) fn sniff(bytes: &[u8]) -> Option<FileKind> {
    let begins = |magic: &[u8]| bytes.starts_with(magic);
    if begins(b"\x89PNG\r\n\x1a\n") {
        Some(FileKind::Png)
    } else if begins(b"\xff\xd8\xff") {
        Some(FileKind::Jpeg)
    } else if begins(b"{\\rtf") {
        Some(FileKind::Rtf)
    } else if begins(b"PK\x03\x04") {
        document(bytes)
    } else if bytes[..bytes.len().min(PDF_HEADER_WITHIN)].windows(5).any(|five| five == b"%PDF-") {
        Some(FileKind::Pdf)
    } else {
        is_text(bytes).then_some(FileKind::Text)
    }
}

fn document(bytes: &[u8]) -> Option<FileKind> {
    // OpenDocument 1.3, part 2, section 3.3: the first entry is `mimetype`, stored as it is, without an extra field.
    if bytes.get(30..38) == Some(b"mimetype") {
        let exactly =
            |text: &[u8]| bytes.get(38..).is_some_and(|rest| rest.starts_with(text) && rest.get(text.len()..text.len() + 2) == Some(b"PK"));
        return exactly(FileKind::Odt.as_str().as_bytes()).then_some(FileKind::Odt);
    }
    let names = zip::names(bytes)?;
    let has = |wanted: &[u8]| names.iter().any(|name| name.eq_ignore_ascii_case(wanted));
    // A document with macros is a program.
    (has(b"[Content_Types].xml") && has(b"word/document.xml") && !has(b"word/vbaProject.bin")).then_some(FileKind::Docx)
}

/// UTF-8 without control characters but those that lay out lines.
fn is_text(bytes: &[u8]) -> bool {
    let is_layout = |c: char| matches!(c, '\t' | '\n' | '\r' | '\u{c}');
    std::str::from_utf8(bytes).is_ok_and(|text| !text.trim().is_empty() && text.chars().all(|c| !c.is_control() || is_layout(c)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attachment::zip::tests::archive;

    #[test]
    fn a_file_is_what_its_bytes_are() {
        let odt = archive(&[("mimetype", FileKind::Odt.as_str().as_bytes()), ("content.xml", b"<x/>")]);
        let docx = archive(&[("[Content_Types].xml", b"<x/>"), ("word/document.xml", b"<x/>")]);
        for (bytes, kind) in [
            (&b"%PDF-1.7\n%\xe2\xe3"[..], FileKind::Pdf),
            (b"\r\n\r\n%PDF-1.4", FileKind::Pdf),
            (b"\x89PNG\r\n\x1a\n\0", FileKind::Png),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", FileKind::Jpeg),
            (b"{\\rtf1\\ansi", FileKind::Rtf),
            ("Lebenslauf\r\nZoë\t1990".as_bytes(), FileKind::Text),
            (&odt, FileKind::Odt),
            (&docx, FileKind::Docx),
        ] {
            assert_eq!(FileKind::of(bytes), Some(kind), "{kind}");
        }
    }

    #[test]
    fn what_is_none_of_them_is_not_taken() {
        let with_macros = archive(&[("[Content_Types].xml", b""), ("word/document.xml", b""), ("word/vbaProject.bin", b"")]);
        let sheet = archive(&[("[Content_Types].xml", b""), ("xl/workbook.xml", b"")]);
        let program = archive(&[("run.exe", b"MZ")]);
        let other_odf = archive(&[("mimetype", b"application/vnd.oasis.opendocument.text-template")]);
        for bytes in [
            &b""[..],
            b"  \n",
            b"MZ\x90\0",
            b"\x7fELF\x02",
            b"GIF89a\x01\0",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            b"PK\x03\x04",
            b"PK\x03\x04 and then nothing of an archive, at any length that a header would need to have",
            b"caf\xe9",
            b"a\0b",
            &with_macros,
            &sheet,
            &program,
            &other_odf,
        ] {
            assert_eq!(FileKind::of(bytes), None, "{:?}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn no_bytes_are_too_broken() {
        let docx = archive(&[("[Content_Types].xml", b"<x/>"), ("word/document.xml", b"<x/>")]);
        for cut in 0..docx.len() {
            FileKind::of(&docx[..cut]);
            let mut altered = docx.clone();
            altered[cut] ^= 0xff;
            FileKind::of(&altered);
        }
    }
}
