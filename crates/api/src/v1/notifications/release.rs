//! `POST /v1/notifications/{id}/release`

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
pub(crate) struct Release {}

impl Request for Release {
    type Meaning = ();

    fn read(self, _: &mut Fields) -> Option<()> {
        let Self {} = self;
        Some(())
    }
}

/// Send a message that was held
///
/// It goes out as soon as it may. One that was given up after five days gets one more try.
#[utoipa::path(
    post,
    path = "/v1/notifications/{id}/release",
    operation_id = "releaseMessage",
    tag = "outbox",
    security(("secret_key" = [])),
    params(("id" = schema::NotificationId, Path, description = "The message's id.")),
    request_body = Option<Release>,
    responses((status = 200, description = "The message as it stands now.", body = Record), ChangingMessage),
)]
pub(crate) async fn release(server: Data<Server>, recruiter: Recruiter, request: HttpRequest, body: Body) -> Result<HttpResponse, Problem> {
    let id = act::to_change(&server, &recruiter, &request).await?;
    body.json::<Release>()?;
    let done = server.ledger.release_message(id, &recruiter.actor).await;
    act::respond(&server, id, done).await
}
