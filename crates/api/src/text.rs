//! Text of several lines, as recruiters write it to applicants or for themselves.

use hearback_domain::one_line::{InvalidLine, one_line};

/// Line breaks and tabs are wanted here; everything else that a line may not have hides something from the reader.
pub(crate) fn paragraphs(given: &str) -> Result<String, InvalidLine> {
    let given = given.trim();
    if given.is_empty() {
        return Err(InvalidLine::Empty);
    }
    for line in given.lines() {
        match one_line(&line.replace('\t', " "), usize::MAX) {
            Ok(_) | Err(InvalidLine::Empty) => {}
            Err(hidden) => return Err(hidden),
        }
    }
    Ok(given.replace("\r\n", "\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_are_kept_as_they_were_written() {
        assert_eq!(paragraphs(" Dear Zoë,\r\n\r\n\tthank you. \n").as_deref(), Ok("Dear Zoë,\n\n\tthank you."));
    }

    #[test]
    fn what_hides_something_is_refused() {
        for hidden in ["a\0b", "a\n\u{202e}b", "a\u{1b}[0m", "a\rb"] {
            assert_eq!(paragraphs(hidden), Err(InvalidLine::HiddenCharacter), "{hidden:?}");
        }
        assert_eq!(paragraphs(" \n\t "), Err(InvalidLine::Empty));
    }
}
