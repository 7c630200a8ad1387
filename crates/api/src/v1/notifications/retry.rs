//! `POST /v1/notifications/{id}/retry`

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
};

/// Needs nothing to be said.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({}))]
pub(crate) struct Retry {}

impl Request for Retry {
    type Meaning = ();

    fn read(self, _: &mut Fields) -> Option<()> {
        let Self {} = self;
        Some(())
    }
}

/// Make a message's next try now
///
/// For one that waits because a try failed. Its tries so far still count, and an undo window is not shortened.
#[utoipa::path(
    post,
    path = "/v1/notifications/{id}/retry",
    operation_id = "retryMessage",
    tag = "outbox",
    security(("secret_key" = [])),
    params(("id" = schema::NotificationId, Path, description = "The message's id.")),
    request_body = Option<Retry>,
    responses((status = 200, description = "The message as it stands now.", body = Record), ChangingMessage),
)]
pub(crate) async fn retry(server: Data<Server>, recruiter: Recruiter, request: HttpRequest, body: Body) -> Result<HttpResponse, Problem> {
    let id = act::to_change(&server, &recruiter, &request).await?;
    body.json::<Retry>()?;
    let done = server.ledger.retry_message(id, &recruiter.actor).await;
    act::respond(&server, id, done).await
}
