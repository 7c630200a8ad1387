//! A letter as HTML, with every style inline: mail programs drop what stands elsewhere. Lines end by CR LF, as in `layout.rs`.

use std::fmt::Write;

use super::markdown::Piece;

pub(super) fn write(pieces: &[Piece<'_>], status_url: &str) -> String {
    let mut out = String::with_capacity(2048);
    for piece in pieces {
        match piece {
            Piece::ParagraphStart => out.push_str("<p style=\"margin:0 0 16px\">"),
            Piece::ParagraphEnd => out.push_str("</p>\r\n"),
            Piece::StrongStart => out.push_str("<strong>"),
            Piece::StrongEnd => out.push_str("</strong>"),
            Piece::LinkStart => {
                out.push_str("<a href=\"");
                escape(status_url, &mut out);
                out.push_str("\" style=\"color:#0b57c2\">");
            }
            Piece::LinkEnd => out.push_str("</a>"),
            Piece::Text(text) => escape(text, &mut out),
            Piece::Break => out.push_str("<br>\r\n"),
        }
    }
    out
}

/// Text for an element or a quoted attribute. In ASCII, so that the part needs no encoding on its way unless a line is too long.
pub(super) fn escape(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| matches!(c, '&' | '<' | '>' | '"') || !c.is_ascii()) {
        let (plain, special) = rest.split_at(at);
        out.push_str(plain);
        let mut chars = special.chars();
        match chars.next() {
            Some('&') => out.push_str("&amp;"),
            Some('<') => out.push_str("&lt;"),
            Some('>') => out.push_str("&gt;"),
            Some('"') => out.push_str("&quot;"),
            // Writing to a string does not fail.
            Some(other) => drop(write!(out, "&#{};", u32::from(other))),
            None => {}
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
}
