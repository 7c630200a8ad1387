//! Ids in paths.

use std::str::FromStr;

use actix_web::HttpRequest;

use crate::problem::{Missing, Problem};

/// What is no id names nothing, like an id that nothing has.
pub(crate) fn id<I: FromStr>(request: &HttpRequest, missing: Missing) -> Result<I, Problem> {
    request.match_info().get("id").and_then(|text| text.parse().ok()).ok_or(Problem::NotFound(missing))
}
