//! What letters do not have, by the line of the template that it stands in.

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use super::words::with_tags;

/// Stands where a value is filled in; nobody types it.
const VALUE: char = '\u{e000}';

/// The first thing in a body that is neither a paragraph, a line break, a bold word nor the link to the applicant's page.
pub(super) fn foreign(body: &str) -> Option<usize> {
    let filled_in = with_tags(body, |tag| {
        let lines = "\n".repeat(tag.matches('\n').count());
        if tag.starts_with("{{") { format!("{VALUE}{lines}") } else { lines }
    });
    let is_filled_in = |address: &str| !address.is_empty() && address.chars().all(|c| c == VALUE);
    let mut events = Parser::new(&filled_in).into_offset_iter();
    let (_, range) = events.find(|(event, _)| {
        !matches!(
            event,
            Event::Start(Tag::Paragraph | Tag::Strong)
                | Event::End(TagEnd::Paragraph | TagEnd::Strong | TagEnd::Link)
                | Event::Text(_)
                | Event::SoftBreak
                | Event::HardBreak
        ) && !matches!(event, Event::Start(Tag::Link { dest_url, .. }) if is_filled_in(dest_url))
    })?;
    Some(filled_in[..range.start].matches('\n').count())
}
