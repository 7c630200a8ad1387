//! Which parts are what a person sees when opening the mail.

use crate::{html, limits, mime::Part};

/// What a reader sees: either the text part, or the HTML part where there is no text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    Text { text: String, flowed: bool },
    Html(String),
}

impl Body {
    fn size(&self) -> usize {
        match self {
            Self::Text { text, .. } => text.len(),
            Self::Html(html) => html.len(),
        }
    }

    fn says_something(&self) -> bool {
        match self {
            Self::Text { text, .. } => !text.trim().is_empty(),
            Self::Html(html) => html::lines(html).iter().any(|line| !line.text.trim().is_empty()),
        }
    }
}

/// The bodies in their order: most mails have one; Apple Mail writes several, around pictures.
pub fn body(mail: &Part<'_>) -> Vec<Body> {
    let mut bodies = Vec::new();
    collect(mail, &mut bodies);
    bodies
}

/// The HTML of the mail as it came, if it has any; to be shown through [`html::sanitise`] and in no other way.
pub fn shown_html(mail: &Part<'_>) -> Option<String> {
    mail.each().into_iter().find(|part| part.media.is("text/html") && !part.attached).map(Part::text)
}

fn collect(part: &Part<'_>, into: &mut Vec<Body>) {
    let media = part.media.whole.as_str();
    if (part.attached && !part.media.is_multipart()) || into.iter().map(Body::size).sum::<usize>() > limits::TEXT {
        return;
    }
    match media {
        "multipart/alternative" => {
            // The plain one if it says something: its quotes are marked. Else the richest, which comes last.
            let mut variants = part.parts.iter().map(|variant| {
                let mut bodies = Vec::new();
                collect(variant, &mut bodies);
                bodies
            });
            let all: Vec<Vec<Body>> = variants.by_ref().filter(|bodies| bodies.iter().any(Body::says_something)).collect();
            let plain = all.iter().position(|bodies| bodies.iter().all(|body| matches!(body, Body::Text { .. })));
            let chosen = plain.or(all.len().checked_sub(1));
            into.extend(
                all.into_iter().enumerate().find(|(index, _)| Some(*index) == chosen).map(|(_, bodies)| bodies).unwrap_or_default(),
            );
        }
        // The first is what is read; the rest belongs to it (pictures, a signature, the report for machines).
        "multipart/related" | "multipart/signed" | "multipart/report" => {
            if let Some(first) = part.parts.first() {
                collect(first, into);
            }
        }
        _ if part.media.is_multipart() && !part.parts.is_empty() => {
            for child in &part.parts {
                collect(child, into);
            }
        }
        "text/html" => into.push(Body::Html(part.text())),
        "text/plain" | "text" => into.push(text_of(part)),
        // A multipart that was never divided, or text in a dress that nobody knows (text/enriched …).
        _ if part.media.is_multipart() || media.starts_with("text/p") => into.push(text_of(part)),
        _ => {}
    }
}

fn text_of(part: &Part<'_>) -> Body {
    let flowed = part
        .headers
        .content_type("content-type")
        .is_some_and(|given| given.attribute("format").is_some_and(|format| format.eq_ignore_ascii_case("flowed")));
    Body::Text { text: part.text(), flowed }
}
