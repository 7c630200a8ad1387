//! Records that another system knows by an id of its own: made if there is none, else changed, by the same request.
//!
//! Whichever it is, it is one transaction, and a unique constraint is what decides: whoever makes it second finds what the first has made.

use actix_web::{HttpRequest, HttpResponse, http::header};

use crate::problem::Problem;

/// Whoever finds neither the record nor room for it looks again: it was made, or named otherwise, in between.
const ROUNDS: usize = 4;

pub(crate) async fn put<T>(
    request: &HttpRequest,
    find: impl AsyncFn() -> Result<Option<T>, Problem>,
    change: impl AsyncFnOnce(T) -> Result<HttpResponse, Problem>,
    make: impl AsyncFn() -> Result<HttpResponse, Problem>,
) -> Result<HttpResponse, Problem> {
    // RFC 9110, section 13.1: only what is there can be as it was seen, and whoever wants to make something wants nothing to be there.
    let (only_there, only_new) = (has(request, header::IF_MATCH), has(request, header::IF_NONE_MATCH));
    for _ in 0..ROUNDS {
        match find().await? {
            Some(_) if only_new => return Err(Problem::PreconditionFailed),
            Some(found) => return change(found).await,
            None if only_there => return Err(Problem::PreconditionFailed),
            None => match make().await {
                Err(Problem::ExternalIdTaken) => {}
                made => return made,
            },
        }
    }
    Err(Problem::ExternalIdTaken)
}

fn has(request: &HttpRequest, name: header::HeaderName) -> bool {
    request.headers().contains_key(name)
}
