//! The one place where values enter Markdown: whatever they contain, they arrive as text.

use std::fmt::Write;

use minijinja::{AutoEscape, Error, ErrorKind, Output, State, Value};

/// The name of the escaping, as minijinja carries it from a template's name to the formatter.
pub(super) const MARKDOWN: &str = "markdown";

pub(super) fn formatter(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    let Some(value) = value.as_str() else {
        return Err(Error::new(ErrorKind::UndefinedError, "a value that is printed must be text; test for `none` first"));
    };
    match state.auto_escape() {
        AutoEscape::None => out.write_str(value)?,
        AutoEscape::Custom(name) if name == MARKDOWN => as_text(value, out)?,
        other => return Err(Error::new(ErrorKind::InvalidOperation, format!("no escaping of the sort {other:?}"))),
    }
    Ok(())
}

/// Writes Markdown that reads as exactly `value`: every ASCII punctuation character is escaped (CommonMark 0.31, section 2.4),
/// no line is indented, an empty line makes a paragraph and any other line break stays one.
fn as_text(value: &str, out: &mut impl Write) -> std::fmt::Result {
    let mut gap = Gap::Start;
    for line in value.lines().map(str::trim) {
        if line.is_empty() {
            gap = gap.wider();
            continue;
        }
        out.write_str(gap.markdown())?;
        gap = Gap::Line;
        let mut rest = line;
        while let Some(at) = rest.find(|c: char| c.is_ascii_punctuation()) {
            let (before, after) = rest.split_at(at);
            let (mark, after) = after.split_at(1);
            write!(out, "{before}\\{mark}")?;
            rest = after;
        }
        out.write_str(rest)?;
    }
    Ok(())
}

/// What lies between a line and the one before it.
#[derive(Clone, Copy)]
enum Gap {
    Start,
    Line,
    Paragraph,
}

impl Gap {
    const fn wider(self) -> Self {
        match self {
            Self::Start => Self::Start,
            Self::Line | Self::Paragraph => Self::Paragraph,
        }
    }

    const fn markdown(self) -> &'static str {
        match self {
            Self::Start => "",
            Self::Line => "\\\n",
            Self::Paragraph => "\n\n",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(value: &str) -> String {
        let mut out = String::new();
        as_text(value, &mut out).unwrap();
        out
    }

    #[test]
    fn every_mark_that_markdown_knows_is_escaped() {
        assert_eq!(escaped("<b>*Bob*</b> [x](http://evil)"), r"\<b\>\*Bob\*\<\/b\> \[x\]\(http\:\/\/evil\)");
        assert_eq!(escaped(r"a\"), r"a\\");
        assert_eq!(escaped("&amp; 1. x"), r"\&amp\; 1\. x");
    }

    #[test]
    fn line_breaks_are_kept_and_indentation_is_not() {
        assert_eq!(escaped("one\r\n    two\n\n\n\tthree\n"), "one\\\ntwo\n\nthree");
        assert_eq!(escaped("\n\nfirst"), "first");
    }
}
