//! What a letter is made of, whichever part it is written to.

use pulldown_cmark::{CowStr, Event, Parser, Tag, TagEnd};

use super::template::RenderError;

/// All that letters have: paragraphs, lines, bold words, and the link to the applicant's page.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    ParagraphStart,
    ParagraphEnd,
    StrongStart,
    StrongEnd,
    LinkStart,
    LinkEnd,
    Text(CowStr<'a>),
    Break,
}

/// Reads a letter. Anything outside `Piece` is refused, a link to anywhere but `status_url` included: what the templates
/// never contain could only have come out of a value.
pub(super) fn pieces<'a>(markdown: &'a str, status_url: Option<&str>) -> Result<Vec<Piece<'a>>, RenderError> {
    Parser::new(markdown).map(|event| piece(event, status_url)).collect()
}

fn piece<'a>(event: Event<'a>, status_url: Option<&str>) -> Result<Piece<'a>, RenderError> {
    Ok(match event {
        Event::Start(Tag::Paragraph) => Piece::ParagraphStart,
        Event::End(TagEnd::Paragraph) => Piece::ParagraphEnd,
        Event::Start(Tag::Strong) => Piece::StrongStart,
        Event::End(TagEnd::Strong) => Piece::StrongEnd,
        Event::Start(Tag::Link { dest_url, .. }) if status_url == Some(&*dest_url) => Piece::LinkStart,
        Event::End(TagEnd::Link) => Piece::LinkEnd,
        Event::Text(text) => Piece::Text(text),
        Event::SoftBreak => Piece::Text(CowStr::Borrowed(" ")),
        Event::HardBreak => Piece::Break,
        other => return Err(RenderError::NotALetter(described(&other))),
    })
}

/// The sort of an event without the text in it: errors end in logs, and texts must not.
fn described(event: &Event<'_>) -> String {
    let debug = format!("{event:?}");
    debug.split_inclusive(|c: char| !c.is_ascii_alphabetic()).take(2).collect::<String>().trim_end_matches(['(', ' ', '{']).to_owned()
}
