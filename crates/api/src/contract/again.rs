//! Requests that may be sent again (draft-ietf-httpapi-idempotency-key-header): every POST takes an Idempotency-Key, and the same request
//! with the same key is carried out once. An application that comes in has its own way, in the transaction that writes it
//! (`v1/applications/submit/idempotency.rs`).

use std::collections::BTreeMap;

use actix_web::{
    Error, FromRequest, HttpRequest, HttpResponse, ResponseError,
    body::{EitherBody, MessageBody, to_bytes_limited},
    dev::{Payload, ServiceRequest, ServiceResponse},
    http::{
        Method, StatusCode,
        header::{self, HeaderName, HeaderValue},
    },
    middleware::Next,
    web,
};
use hearback_domain::actor::Actor;
use hearback_ledger::{Answering, Idempotency, KeptAnswer, Repeat};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{
    auth,
    contract::cors,
    problem::Problem,
    server::Server,
    v1::applications::{IDEMPOTENCY_KEY, IdempotencyKey},
};

/// In bytes. What is longer has ways of its own to be told apart.
const MOST_ASKED: usize = 1024 * 1024;

/// In bytes. A longer answer is not kept; whoever asks again is told that it was given.
const MOST_KEPT: usize = 256 * 1024;

/// Kept with the answer.
const HEADERS: [HeaderName; 4] = [header::CONTENT_TYPE, header::LOCATION, header::ETAG, header::CACHE_CONTROL];

type Answered<B> = Result<ServiceResponse<EitherBody<B>>, Error>;

pub(super) async fn answer<B: MessageBody + 'static>(server: &Server, request: ServiceRequest, next: Next<B>) -> Answered<B> {
    if request.method() != Method::POST || cors::is_for_pages(request.path()) {
        return Ok(next.call(request).await?.map_into_left_body());
    }
    let (http, mut payload) = request.into_parts();
    match begin(server, &http, &mut payload).await {
        Ok(Begun::Unkeyed) => Ok(next.call(ServiceRequest::from_parts(http, payload)).await?.map_into_left_body()),
        Ok(Begun::Answer(answering)) => {
            let response = answering.run(next.call(ServiceRequest::from_parts(http, payload))).await?;
            keep(server, &answering, response).await
        }
        Ok(Begun::Again(kept)) => Ok(ServiceResponse::new(http, again(kept)).map_into_right_body()),
        Err(problem) => Ok(ServiceResponse::new(http, problem.error_response()).map_into_right_body()),
    }
}

enum Begun {
    /// There is no key, or the caller's is not good for anything: the handler says so.
    Unkeyed,
    Answer(Answering),
    Again(KeptAnswer),
}

async fn begin(server: &Server, http: &HttpRequest, payload: &mut Payload) -> Result<Begun, Problem> {
    if !http.headers().contains_key(IDEMPOTENCY_KEY) {
        return Ok(Begun::Unkeyed);
    }
    // What would be refused without a key is refused with one too, before anything is answered from what was kept.
    let Some((caller, actor)) = auth::caller(server, http).await? else { return Ok(Begun::Unkeyed) };
    let Some(key) = IdempotencyKey::of(http)? else { return Ok(Begun::Unkeyed) };
    let Ok(whole) = web::Payload::from_request(http, payload).await else { return Err(Problem::MalformedBody) };
    let body = match whole.to_bytes_limited(MOST_ASKED).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return Err(Problem::MalformedBody),
        Err(_) => return Err(Problem::BodyTooLarge { most: MOST_ASKED }),
    };
    let fingerprint = fingerprint(http, &actor, &body);
    *payload = Payload::from(body);
    let request = Idempotency { api_key: caller.key, key: key.into_text(), fingerprint };
    match server.ledger.repeat(&request).await? {
        Repeat::Answer(answering) => Ok(Begun::Answer(answering)),
        Repeat::Again(kept) => Ok(Begun::Again(kept)),
        Repeat::Reused => Err(Problem::IdempotencyKeyReused),
        Repeat::InProgress => Err(Problem::RequestInProgress),
        Repeat::Lost => Err(Problem::AnswerLost),
    }
}

/// What was asked, and for whom, however it is written: the order of fields, and the space between them, make no other request.
fn fingerprint(http: &HttpRequest, actor: &Actor, body: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    // No part has this character inside.
    for part in [http.path(), http.query_string(), actor.on_behalf_of.as_deref().unwrap_or_default()] {
        hash.update(part);
        hash.update([0]);
    }
    match serde_json::from_slice::<Value>(body) {
        Ok(value) => hash.update(sorted(&value)),
        Err(_) => hash.update(body),
    }
    hash.finalize().into()
}

fn sorted(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let fields: BTreeMap<&String, &Value> = fields.iter().collect();
            let fields: Vec<String> =
                fields.into_iter().map(|(name, value)| format!("{}:{}", Value::from(name.as_str()), sorted(value))).collect();
            format!("{{{}}}", fields.join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(sorted).collect::<Vec<_>>().join(",")),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
    }
}

/// What succeeded is kept. What was refused may be corrected and sent with the same key, unless something is on record.
async fn keep<B: MessageBody + 'static>(server: &Server, answering: &Answering, response: ServiceResponse<B>) -> Answered<B> {
    let status = response.status();
    if !status.is_success() && !answering.is_done() {
        said(server.ledger.release_request(answering).await);
        return Ok(response.map_into_left_body());
    }
    if status.is_server_error() {
        said(server.ledger.leave_unkept(answering).await);
        return Ok(response.map_into_left_body());
    }
    let (http, response) = response.into_parts();
    let (head, body) = response.into_parts();
    let body = match to_bytes_limited(body, usize::MAX).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) | Err(_) => return Err(Problem::MalformedBody.into()),
    };
    if body.len() <= MOST_KEPT && !has_secret(&body) {
        let headers: BTreeMap<&str, &str> =
            HEADERS.iter().filter_map(|name| Some((name.as_str(), head.headers().get(name)?.to_str().ok()?))).collect();
        let headers = serde_json::to_string(&headers).expect("texts can be written as JSON");
        let kept = KeptAnswer { status: status.as_u16(), headers, body: body.to_vec() };
        said(server.ledger.keep_answer(answering, kept).await);
    } else {
        said(server.ledger.leave_unkept(answering).await);
    }
    Ok(ServiceResponse::new(http, head.set_body(body).map_into_boxed_body()).map_into_right_body())
}

/// What is shown once is not kept for a day.
fn has_secret(body: &[u8]) -> bool {
    serde_json::from_slice::<Value>(body).is_ok_and(|body| body.get("secret").is_some())
}

/// The answer is right whether it is kept or not: without it, who asks again is told that it was given.
fn said(kept: Result<(), hearback_ledger::LedgerError>) {
    if let Err(error) = kept {
        tracing::warn!(%error, "an answer is not kept for those who ask again");
    }
}

fn again(kept: KeptAnswer) -> HttpResponse {
    let KeptAnswer { status, headers, body } = kept;
    let mut response = HttpResponse::build(StatusCode::from_u16(status).unwrap_or(StatusCode::OK));
    let headers: BTreeMap<String, String> = serde_json::from_str(&headers).unwrap_or_default();
    headers.into_iter().for_each(|header| {
        response.insert_header(header);
    });
    response.insert_header((HeaderName::from_static("idempotency-replayed"), HeaderValue::from_static("true")));
    response.body(body)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn how_json_is_written_makes_no_other_request() {
        let asked = |path: &str, name: Option<&str>, body: &str| {
            let actor = Actor::operator("ops", name.map(str::to_owned));
            fingerprint(&TestRequest::with_uri(path).to_http_request(), &actor, body.as_bytes())
        };
        let of = |path: &str, body: &str| asked(path, None, body);
        let first = of("/v1/boards", r#"{"a":1,"b":{"c":[1,2],"d":"x"}}"#);
        assert_eq!(of("/v1/boards", " {\"b\": {\"d\": \"x\", \"c\": [1, 2]},\n \"a\": 1}"), first);
        for (path, body) in [
            ("/v1/jobs", r#"{"a":1,"b":{"c":[1,2],"d":"x"}}"#),
            ("/v1/boards", r#"{"a":1,"b":{"c":[2,1],"d":"x"}}"#),
            ("/v1/boards", r#"{"a":"1","b":{"c":[1,2],"d":"x"}}"#),
            ("/v1/boards?x=1", r#"{"a":1,"b":{"c":[1,2],"d":"x"}}"#),
        ] {
            assert_ne!(of(path, body), first, "{path} {body}");
        }
        let body = r#"{"a":1,"b":{"c":[1,2],"d":"x"}}"#;
        assert_ne!(asked("/v1/boards", Some("Robin"), body), first);
        assert_ne!(asked("/v1/boards", Some("Robin"), body), asked("/v1/boards", Some("Ada"), body));
    }
}
