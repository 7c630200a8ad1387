//! Ids in paths.

use std::str::FromStr;

use actix_web::HttpRequest;
use hearback_domain::one_line::one_line;

use crate::problem::{Missing, Problem};

/// In characters.
pub(crate) const EXTERNAL_ID_MOST: usize = 200;

/// An id of the caller's own. What cannot be one names nothing.
pub(crate) fn external_id(request: &HttpRequest, missing: Missing) -> Result<String, Problem> {
    let given = request.match_info().get("external_id").map(decoded);
    given.and_then(|text| one_line(&text, EXTERNAL_ID_MOST).ok()).ok_or(Problem::NotFound(missing))
}

/// The router has decoded everything but `%`, `/` and `+`, by which it tells segments apart.
fn decoded(segment: &str) -> String {
    let mut parts = segment.split('%');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let letter = [("25", '%'), ("2F", '/'), ("2B", '+')]
            .into_iter()
            .find(|(code, _)| part.get(..2).is_some_and(|first| first.eq_ignore_ascii_case(code)));
        text.push(letter.map_or('%', |(_, letter)| letter));
        text.push_str(if letter.is_some() { &part[2..] } else { part });
    }
    text
}

/// What is no id names nothing, like an id that nothing has.
pub(crate) fn id<I: FromStr>(request: &HttpRequest, missing: Missing) -> Result<I, Problem> {
    request.match_info().get("id").and_then(|text| text.parse().ok()).ok_or(Problem::NotFound(missing))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_router_left_encoded_is_decoded_once() {
        for (segment, text) in
            [("a-1", "a-1"), ("a%2Fb%2fc", "a/b/c"), ("100%25", "100%"), ("%252F", "%2F"), ("a%2Bb+c", "a+b+c"), ("%", "%"), ("%é", "%é")]
        {
            assert_eq!(decoded(segment), text);
        }
    }
}
