//! Text that people typed into one line of a form: names, titles.

/// Why a text is no good as one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLine {
    #[error("must not be empty")]
    Empty,
    #[error("must be at most {0} characters")]
    TooLong(usize),
    #[error("has control, invisible or direction-changing characters; remove them")]
    HiddenCharacter,
}

/// Trims, and refuses what would be empty, longer than `most` characters, or hide something from a reader.
pub fn one_line(given: &str, most: usize) -> Result<String, InvalidLine> {
    let line = given.trim();
    if line.is_empty() {
        return Err(InvalidLine::Empty);
    }
    if line.chars().any(hides_something) {
        return Err(InvalidLine::HiddenCharacter);
    }
    if line.chars().count() > most {
        return Err(InvalidLine::TooLong(most));
    }
    Ok(line.to_owned())
}

/// The joiners U+200C and U+200D belong to the spelling of Persian and Indic names, so a name may have them.
fn hides_something(c: char) -> bool {
    crate::email_address::is_hidden(c) && !matches!(c, '\u{200c}' | '\u{200d}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_everywhere_pass() {
        for name in [
            "Ada",
            "José-María Ñandú",
            "Nguyễn Thị Minh Khai",
            "张伟",
            "O’Brien",
            "علی\u{200c}رضا",
            "X Æ A-12",
            "null",
            "<b>Bob</b>",
            "{{7*7}}",
        ] {
            assert_eq!(one_line(&format!(" {name} "), 200).as_deref(), Ok(name));
        }
    }

    #[test]
    fn what_is_empty_hidden_or_endless_is_refused() {
        assert_eq!(one_line("  ", 200), Err(InvalidLine::Empty));
        assert_eq!(one_line("Ada\r\nBcc: x@example.com", 200), Err(InvalidLine::HiddenCharacter));
        assert_eq!(one_line("Ada\0", 200), Err(InvalidLine::HiddenCharacter));
        assert_eq!(one_line("\u{202e}adA", 200), Err(InvalidLine::HiddenCharacter));
        assert_eq!(one_line(&"é".repeat(201), 200), Err(InvalidLine::TooLong(200)));
        assert!(one_line(&"é".repeat(200), 200).is_ok());
    }
}
