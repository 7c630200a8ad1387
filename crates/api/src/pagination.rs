//! Lists, part by part.

use std::fmt::Display;

use actix_web::{HttpRequest, HttpResponse, http::header};
use hearback_ledger::Page;
use serde::Serialize;
use url::form_urlencoded;
use utoipa::ToSchema;

use crate::{
    fields::{Fields, OutOfRange, Reason},
    server::Server,
};

const DEFAULT: u64 = 50;
const MOST: u64 = 200;

/// A part of a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct List<T> {
    items: Vec<T>,
    /// Asks for the next part, as `cursor`; `null` in the last one.
    #[schema(required)]
    next_cursor: Option<String>,
}

/// Which part of a list was asked for.
#[derive(Debug)]
pub(crate) struct Part<I> {
    after: Option<I>,
    limit: u64,
}

impl<I> Part<I> {
    pub(crate) fn read<E: Reason>(fields: &mut Fields, cursor: Option<String>, limit: Option<String>) -> Option<Self>
    where
        I: std::str::FromStr<Err = E>,
    {
        let after = fields.optional("cursor", cursor, str::parse);
        let limit =
            fields.optional("limit", limit, |text| text.parse().ok().filter(|limit| (1..=MOST).contains(limit)).ok_or(OutOfRange(1, MOST)));
        Some(Self { after: after?, limit: limit?.unwrap_or(DEFAULT) })
    }

    /// One more than is shown tells whether there are more.
    pub(crate) fn page(&self) -> Page<I>
    where
        I: Copy,
    {
        Page { after: self.after, limit: self.limit + 1 }
    }

    /// What is shown of what was found on that page, and the cursor of the next one.
    pub(crate) fn cut<F>(&self, mut found: Vec<F>, id: impl Fn(&F) -> I) -> (Vec<F>, Option<String>)
    where
        I: Display,
    {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = found.len() > limit;
        found.truncate(limit);
        let next_cursor = if more { found.last().map(|last| id(last).to_string()) } else { None };
        (found, next_cursor)
    }

    /// Answers with what was found on that page.
    pub(crate) fn respond<F, T>(self, server: &Server, request: &HttpRequest, found: Vec<F>, id: impl Fn(&F) -> I) -> HttpResponse
    where
        I: Display,
        T: From<F> + Serialize,
    {
        let (found, next_cursor) = self.cut(found, id);
        let mut response = HttpResponse::Ok();
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        if let Some(cursor) = &next_cursor {
            response.insert_header((header::LINK, next_link(&server.base, request.path(), request.query_string(), cursor)));
        }
        response.json(List { items: found.into_iter().map(T::from).collect(), next_cursor })
    }
}

/// The same question from the cursor on (RFC 8288).
fn next_link(base: &str, path: &str, query: &str, cursor: &str) -> String {
    next_link_from(base, path, query, "cursor", cursor)
}

/// The same where the cursor has another name.
pub(crate) fn next_link_from(base: &str, path: &str, query: &str, own: &str, cursor: &str) -> String {
    let mut next = form_urlencoded::Serializer::new(String::new());
    next.extend_pairs(form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != own));
    next.append_pair(own, cursor);
    format!("<{base}{path}?{}>; rel=\"next\"", next.finish())
}

#[cfg(test)]
mod tests {
    use hearback_domain::ids::JobId;

    use super::*;

    #[test]
    fn a_link_asks_the_same_question_from_the_cursor_on() {
        let link = next_link("https://example.com/hr", "/v1/jobs", "cursor=old&board_id=b%20c&limit=2", "new");
        assert_eq!(link, "<https://example.com/hr/v1/jobs?board_id=b+c&limit=2&cursor=new>; rel=\"next\"");
    }

    #[test]
    fn a_part_has_one_to_two_hundred_items() {
        let limit = |given: &str| Part::<JobId>::read(&mut Fields::default(), None, Some(given.to_owned())).map(|part| part.limit);
        assert_eq!((limit("1"), limit("200")), (Some(1), Some(200)));
        for wrong in ["0", "201", "-1", "1.5", "many"] {
            assert_eq!(limit(wrong), None, "{wrong}");
        }
        let part = Part::<JobId>::read(&mut Fields::default(), None, None).unwrap();
        assert_eq!(part.page(), Page { after: None, limit: 51 });
    }
}
