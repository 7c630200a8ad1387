//! ETags, and lists of them (RFC 9110, sections 8.8.3 and 13.1).

use std::fmt;

use actix_web::{
    HttpRequest,
    http::header::{HeaderName, HeaderValue},
};

use crate::problem::Problem;

/// More than anybody has of one record.
const MOST: usize = 32;

/// What stands between the quotes of a strong ETag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tag(String);

/// What a header lists.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Tags {
    /// `*`: whatever there is.
    Any,
    These(Vec<Listed>),
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Listed {
    is_weak: bool,
    tag: Tag,
}

impl Tag {
    pub(super) const fn new(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0)
    }
}

impl Tags {
    pub(super) fn of(request: &HttpRequest, name: HeaderName) -> Result<Option<Self>, Problem> {
        let mut given = request.headers().get_all(&name).peekable();
        if given.peek().is_none() {
            return Ok(None);
        }
        let named = if name == actix_web::http::header::IF_MATCH { "If-Match" } else { "If-None-Match" };
        let malformed = || Problem::InvalidHeader { name: named, expected: "`*`, or ETags in double quotes with commas between them" };
        let texts: Option<Vec<&str>> = given.map(|value| value.to_str().ok()).collect();
        read(&texts.ok_or_else(malformed)?.join(",")).map(Some).ok_or_else(malformed)
    }

    /// Strong comparison: a weak ETag names no state that could be changed.
    pub(super) fn have(&self, now: &Tag) -> bool {
        match self {
            Self::Any => true,
            Self::These(listed) => listed.iter().any(|listed| !listed.is_weak && listed.tag == *now),
        }
    }

    /// Weak comparison, for what is only read.
    pub(super) fn have_like(&self, now: &HeaderValue) -> bool {
        match self {
            Self::Any => true,
            Self::These(listed) => listed.iter().any(|listed| listed.tag.to_string().as_bytes() == now.as_bytes()),
        }
    }
}

fn read(text: &str) -> Option<Tags> {
    let text = text.trim();
    if text == "*" {
        return Some(Tags::Any);
    }
    let (mut listed, mut rest) = (Vec::new(), text);
    while !rest.is_empty() {
        let (is_weak, quoted) = rest.strip_prefix("W/").map_or((false, rest), |rest| (true, rest));
        let (tag, after) = quoted.strip_prefix('"')?.split_once('"')?;
        let is_tag = tag.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x7e | 0x80..));
        let after = after.trim_start();
        rest = if after.is_empty() { after } else { after.strip_prefix(',')?.trim_start_matches([',', ' ', '\t']) };
        if !is_tag || listed.len() == MOST {
            return None;
        }
        listed.push(Listed { is_weak, tag: Tag(tag.to_owned()) });
    }
    (!listed.is_empty()).then_some(Tags::These(listed))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn have(list: &str, tag: &str) -> Option<bool> {
        read(list).map(|tags| tags.have(&Tag(tag.to_owned())))
    }

    #[test]
    fn a_list_has_what_stands_in_it() {
        for list in ["*", "\"a\"", " \"b\" , \"a\"", "\"x,y\",\"a\",", "W/\"a\", \"a\""] {
            assert_eq!(have(list, "a"), Some(true), "{list}");
        }
        for list in ["\"A\"", "\"b\"", "W/\"a\"", "\"\"", "\"x,a\""] {
            assert_eq!(have(list, "a"), Some(false), "{list}");
        }
        assert!(read("W/\"a\"").unwrap().have_like(&HeaderValue::from_static("\"a\"")));
    }

    #[test]
    fn what_is_no_list_is_refused() {
        let many = vec!["\"a\""; 33].join(",");
        for list in ["", "a", "\"a", "\"a\" \"b\"", "w/\"a\"", "*, \"a\"", "\"a b\"", &many] {
            assert_eq!(read(list), None, "{list}");
        }
    }
}
