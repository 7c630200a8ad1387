//! A mail as a tree of parts. mail-parser reads header fields and decodes; the tree is ours, since mail-parser builds all of it,
//! as deep as the sender likes, before it can be asked how large it is.

mod attachments;
mod decode;
mod headers;
mod split;
mod visible;

use std::borrow::Cow;

use crate::limits;

pub use attachments::attachments;
pub use headers::Headers;
pub use visible::{Body, body, shown_html};

pub(crate) use headers::block as header_block;

/// `type/subtype`, in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Media {
    pub whole: String,
    pub charset: Option<String>,
    /// `report-type` of a multipart/report, `method` of a calendar.
    pub report_type: Option<String>,
    boundary: Option<String>,
    named: bool,
}

impl Media {
    fn of(headers: &Headers, otherwise: &str) -> Self {
        let Some(given) = headers.content_type("content-type") else {
            return Self { whole: otherwise.into(), charset: None, report_type: None, boundary: None, named: false };
        };
        // A type without a subtype, as old programs write it, is what its type usually is.
        let whole = match (given.c_type.to_ascii_lowercase(), given.c_subtype.as_deref()) {
            (main, Some(sub)) => format!("{main}/{}", sub.to_ascii_lowercase()),
            (main, None) if main == "text" => "text/plain".into(),
            (main, None) => main,
        };
        let attribute = |name| given.attribute(name).map(str::to_owned);
        Self {
            whole,
            charset: attribute("charset"),
            report_type: attribute("report-type").map(|word| word.to_ascii_lowercase()),
            boundary: attribute("boundary").filter(|boundary| !boundary.is_empty()),
            named: given.has_attribute("name"),
        }
    }

    pub fn is(&self, whole: &str) -> bool {
        self.whole == whole
    }

    fn is_multipart(&self) -> bool {
        self.whole.starts_with("multipart")
    }

    fn is_mail(&self) -> bool {
        matches!(self.whole.as_str(), "message/rfc822" | "message/global" | "message/news")
    }
}

/// A mail, or a part of one.
#[derive(Clone, Debug)]
pub struct Part<'a> {
    pub headers: Headers,
    pub media: Media,
    /// What a multipart consists of. Nothing else has children: a mail inside a mail is its own.
    pub parts: Vec<Part<'a>>,
    /// A mail inside this one, with headers of its own.
    pub mail: Option<Box<Part<'a>>>,
    /// As it came, not decoded.
    raw: &'a [u8],
    /// Meant to be saved, not read along.
    pub attached: bool,
}

impl<'a> Part<'a> {
    /// Reads a whole mail, within the limits of [`crate::limits`].
    pub fn read(raw: &'a [u8]) -> Self {
        let raw = &raw[..raw.len().min(limits::MAIL)];
        let mut budget = limits::PARTS;
        Self::at(split::without_envelope_line(raw), "text/plain", 0, &mut budget)
    }

    fn at(raw: &'a [u8], otherwise: &str, depth: usize, budget: &mut usize) -> Self {
        *budget = budget.saturating_sub(1);
        let (head, raw) = headers::block(raw);
        let headers = Headers::read(head);
        let media = Media::of(&headers, otherwise);
        let disposition = headers.content_type("content-disposition");
        let attached = disposition.as_ref().is_some_and(|given| given.c_type.eq_ignore_ascii_case("attachment"))
            || ((media.named || disposition.is_some_and(|given| given.has_attribute("filename"))) && !media.is_mail());
        let mut part = Self { headers, media, parts: Vec::new(), mail: None, raw, attached };
        if depth < limits::DEPTH {
            if part.media.is_multipart() {
                let otherwise = if part.media.is("multipart/digest") { "message/rfc822" } else { "text/plain" };
                let boundary = part.media.boundary.clone().or_else(|| split::guess_boundary(raw));
                for piece in boundary.iter().flat_map(|boundary| split::pieces(raw, boundary.as_bytes())) {
                    if *budget == 0 {
                        break;
                    }
                    part.parts.push(Self::at(piece, otherwise, depth + 1, budget));
                }
            } else if part.media.is_mail() && !part.is_encoded() && *budget > 0 {
                part.mail = Some(Box::new(Self::at(split::without_envelope_line(raw), "text/plain", depth + 1, budget)));
            }
        }
        part
    }

    fn is_encoded(&self) -> bool {
        let word = self.encoding();
        word.eq_ignore_ascii_case("base64") || word.eq_ignore_ascii_case("quoted-printable")
    }

    /// The content, decoded; at most [`limits::TEXT`] bytes of it.
    pub fn bytes(&self) -> Cow<'a, [u8]> {
        decode::transfer_within(self.raw, &self.encoding(), limits::TEXT)
    }

    /// The whole content, decoded: as large as the mail, and for nothing but to hand it out.
    pub fn content(&self) -> Cow<'a, [u8]> {
        decode::transfer_within(self.raw, &self.encoding(), limits::MAIL)
    }

    fn encoding(&self) -> String {
        self.headers.text("content-transfer-encoding").unwrap_or_default()
    }

    /// The content as text, with line ends as `\n`.
    pub fn text(&self) -> String {
        decode::text(&self.bytes(), self.media.charset.as_deref())
    }

    /// This part and those in it, in their order, but not what is inside of mails inside.
    pub fn each(&self) -> Vec<&Self> {
        let mut all = vec![self];
        let mut next = 0;
        while next < all.len() {
            // In their order: the children come right after their parent.
            let children: Vec<&Self> = all[next].parts.iter().collect();
            all.splice(next + 1..next + 1, children);
            next += 1;
        }
        all
    }
}
