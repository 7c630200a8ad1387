//! Conditional requests (RFC 9110, section 13). Every record has a strong ETag, made from what it looks like to whoever reads it. Whoever
//! writes may say which one they have seen (`If-Match`), and for some records has to: what somebody else changed since is not written over.

mod tags;

use actix_web::{
    Error, HttpRequest, HttpResponse,
    body::{BodySize, EitherBody, MessageBody, to_bytes_limited},
    dev::ServiceResponse,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
};
use hearback_ledger::Versioned;
use serde::Serialize;
use sha2::{Digest, Sha256};
pub(crate) use tags::Tag;
use tags::Tags;

use crate::{problem::Problem, server::Server};

/// In bytes. What is longer is no record.
const MOST: u64 = 8 * 1024 * 1024;

/// Whether what is read there is one record, by the pattern of the path.
pub(crate) fn is_record(pattern: &str) -> bool {
    ["/{id}", "/{external_id}", "/policy"].iter().any(|end| pattern.ends_with(end))
}

/// Gives what was read its ETag, unless it has one, and nothing else to whoever has it already.
pub(crate) async fn answer<B>(response: ServiceResponse<EitherBody<B>>) -> Result<ServiceResponse<EitherBody<B>>, Error>
where
    B: MessageBody + 'static,
{
    let is_read = response.request().method().is_safe() && response.status() == StatusCode::OK;
    if !is_read || !response.request().match_pattern().is_some_and(|pattern| is_record(&pattern)) {
        return Ok(response);
    }
    let response = if response.headers().contains_key(header::ETAG) { response } else { tagged(response).await? };
    let Some(tag) = response.headers().get(header::ETAG).cloned() else { return Ok(response) };
    if !Tags::of(response.request(), header::IF_NONE_MATCH).is_ok_and(|had| had.is_some_and(|had| had.have_like(&tag))) {
        return Ok(response);
    }
    let mut unchanged = HttpResponse::NotModified();
    unchanged.insert_header((header::ETAG, tag));
    for name in [header::CACHE_CONTROL, header::VARY] {
        if let Some(value) = response.headers().get(&name) {
            unchanged.insert_header((name, value.clone()));
        }
    }
    let (request, _) = response.into_parts();
    Ok(ServiceResponse::new(request, unchanged.finish()).map_into_right_body())
}

async fn tagged<B>(response: ServiceResponse<EitherBody<B>>) -> Result<ServiceResponse<EitherBody<B>>, Error>
where
    B: MessageBody + 'static,
{
    let is_whole = matches!(response.response().body().size(), BodySize::Sized(1..=MOST));
    let is_json = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    if !is_whole || !is_json {
        return Ok(response);
    }
    let (request, response) = response.into_parts();
    let (mut head, body) = response.into_parts();
    let body = match to_bytes_limited(body, usize::MAX).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) | Err(_) => return Err(Problem::MalformedBody.into()),
    };
    head.headers_mut().insert(header::ETAG, Tag::of_bytes(&body).header());
    Ok(ServiceResponse::new(request, head.set_body(body).map_into_boxed_body()).map_into_right_body())
}

/// For a write to a record: if the caller says what they have seen, that is what is changed, or nothing.
pub(crate) async fn if_given<T: Serialize>(
    server: &Server,
    request: &HttpRequest,
    of: Versioned,
    record: impl AsyncFnOnce() -> Result<T, Problem>,
) -> Result<(), Problem> {
    let Some(seen) = Tags::of(request, header::IF_MATCH)? else { return Ok(()) };
    if seen == Tags::Any {
        return Ok(());
    }
    // The version before the record: what changes in between is found by the transaction that writes.
    let version = server.ledger.version(of).await?;
    let now = Tag::of(&record().await?);
    match version {
        Some(version) if seen.have(&now) => {
            version.must_hold();
            Ok(())
        }
        Some(_) | None => Err(Problem::PreconditionFailed),
    }
}

/// The same for a write that replaces all of a record: whoever has not read it does not know what they take away.
pub(crate) async fn demanded<T: Serialize>(
    server: &Server,
    request: &HttpRequest,
    of: Versioned,
    record: impl AsyncFnOnce() -> Result<T, Problem>,
) -> Result<(), Problem> {
    if !request.headers().contains_key(header::IF_MATCH) {
        return Err(Problem::PreconditionRequired);
    }
    if_given(server, request, of, record).await
}

impl Tag {
    fn of(record: &impl Serialize) -> Self {
        Self::of_bytes(&serde_json::to_vec(record).expect("texts and numbers can be written as JSON"))
    }

    fn of_bytes(written: &[u8]) -> Self {
        Self::of_digest(&Sha256::digest(written))
    }

    /// Of a file, whose digest is known.
    pub(crate) fn of_digest(digest: &[u8]) -> Self {
        Self::new(data_encoding::BASE64URL_NOPAD.encode(digest.get(..16).unwrap_or(digest)))
    }

    fn header(&self) -> HeaderValue {
        HeaderValue::try_from(self.to_string()).expect("letters and digits can stand in a header")
    }
}
