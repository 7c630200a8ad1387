//! A letter as plain text, for those who read mail without HTML: lines of at most 76 columns, and addresses in full.

use hearback_domain::locale::Locale;

use super::{colon, markdown::Piece};

/// RFC 5322, section 2.1.1 asks for at most 78; two are left for a quote mark in an answer.
const COLUMNS: usize = 76;

pub(super) fn write(pieces: &[Piece<'_>], status_url: &str, locale: Locale) -> String {
    let mut out = String::with_capacity(1024);
    let mut paragraph = String::new();
    for piece in pieces {
        match piece {
            Piece::ParagraphStart => paragraph.clear(),
            Piece::ParagraphEnd => {
                if !out.is_empty() {
                    out.push('\n');
                }
                paragraph.lines().for_each(|line| wrap(line, &mut out));
            }
            Piece::StrongStart | Piece::StrongEnd | Piece::LinkStart => {}
            Piece::LinkEnd => {
                paragraph.push_str(colon(locale));
                paragraph.push_str(status_url);
            }
            Piece::Text(text) => paragraph.push_str(text),
            Piece::Break => paragraph.push('\n'),
        }
    }
    out
}

/// Breaks at spaces only: a no-break space holds, and a word or an address wider than a line stays whole.
fn wrap(line: &str, out: &mut String) {
    let mut column = 0;
    for word in line.split(' ').filter(|word| !word.is_empty()) {
        let width = word.chars().count();
        if column > 0 && column + 1 + width > COLUMNS {
            out.push('\n');
            column = 0;
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += width;
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(line: &str) -> String {
        let mut out = String::new();
        wrap(line, &mut out);
        out
    }

    #[test]
    fn no_line_is_wider_than_it_should_be() {
        let long = "word ".repeat(100);
        let widths: Vec<usize> = wrapped(&long).lines().map(str::len).collect();
        assert_eq!(widths, [74, 74, 74, 74, 74, 74, 49]);
        assert!(widths.iter().all(|width| *width <= COLUMNS));
    }

    #[test]
    fn an_address_is_never_broken() {
        let address = format!("https://jobs.example/{}", "a".repeat(200));
        assert_eq!(wrapped(&format!("See: {address} today")), format!("See:\n{address}\ntoday\n"));
    }
}
