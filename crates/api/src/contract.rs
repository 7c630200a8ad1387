//! What holds for every request under `/v1`, whatever it asks: it has a name in the log and in its answer, pages of other origins may ask
//! where a key allows it, and the answer says how much the key has left.

mod again;
mod cors;
mod limits;
mod trace;

use actix_web::{
    Error, HttpMessage,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::header::{HeaderName, HeaderValue},
    middleware::Next,
    web::Data,
};
use hearback_ledger::conditional;
pub(crate) use limits::{Limits, Spent};
pub(crate) use trace::request_id;
use tracing::Instrument;

use crate::{condition, server::Server};

pub(crate) async fn keep<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let server = request.app_data::<Data<Server>>().expect("`configure` puts it there").clone();
    let named = trace::Named::of(&request, &server);
    let (span, id) = (named.span(), named.id.clone());
    let asked = cors::Asked::of(&request);
    let answer = async {
        let allowed = asked.allowed(&server).await;
        if let Some(preflight) = asked.preflight(allowed) {
            return Ok(request.into_response(preflight).map_into_right_body());
        }
        let response = conditional(again::answer(&server, request, next)).await?;
        let mut response = condition::answer(response).await?;
        asked.mark(&mut response, allowed);
        let spent = response.request().extensions().get::<Spent>().copied();
        if let Some(spent) = spent {
            spent.mark(&mut response);
        }
        Ok::<_, Error>(response)
    };
    let answer = hearback_ledger::traced(named.given, answer.instrument(span));
    let mut response = trace::within(id.clone(), answer).await?;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), value);
    }
    Ok(response)
}
