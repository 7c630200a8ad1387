//! `POST /v1/notifications/{id}/cancel`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use super::{Record, act};
use crate::{
    auth::Recruiter,
    body::{Body, Request},
    fields::Fields,
    problem::Problem,
    refusals::ChangingMessage,
    schema,
    server::Server,
    text::paragraphs,
};

/// A message is not to be sent.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "reason": "We told her on the phone." }))]
pub(crate) struct Cancel {
    /// Why the applicant is not told this. For the record; nobody outside reads it.
    #[validate(length(max = 1_000))]
    #[schema(value_type = String, max_length = 1_000)]
    reason: Option<String>,
}

impl Request for Cancel {
    type Meaning = String;

    fn read(self, fields: &mut Fields) -> Option<String> {
        let Self { reason } = self;
        fields.required("reason", reason, paragraphs)
    }
}

/// Do not send a message
///
/// The next message to the applicant goes on in its place. A final message leaves the reason as the application's `exemption`. One that a
/// worker has is asked back (`cancel_requested`): a try that fails is its last, an acceptance stands.
#[utoipa::path(
    post,
    path = "/v1/notifications/{id}/cancel",
    operation_id = "cancelMessage",
    tag = "outbox",
    security(("secret_key" = [])),
    params(("id" = schema::NotificationId, Path, description = "The message's id.")),
    request_body = Cancel,
    responses((status = 200, description = "The message as it stands now.", body = Record), ChangingMessage),
)]
pub(crate) async fn cancel(server: Data<Server>, recruiter: Recruiter, request: HttpRequest, body: Body) -> Result<HttpResponse, Problem> {
    let id = act::to_change(&server, &recruiter, &request).await?;
    let reason = body.json::<Cancel>()?;
    let done = server.ledger.cancel_message(id, &reason, &recruiter.actor).await;
    act::respond(&server, id, done).await
}
