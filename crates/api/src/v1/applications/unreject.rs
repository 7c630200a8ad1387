//! `POST /v1/applications/{id}/unreject`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use super::{Record, change};
use crate::{
    auth::Recruiter,
    body::{Body, Request},
    fields::Fields,
    problem::Problem,
    refusals::Changing,
    schema,
    server::Server,
};

/// Needs nothing to be said.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({}))]
pub(crate) struct Unreject {}

impl Request for Unreject {
    type Meaning = ();

    fn read(self, _: &mut Fields) -> Option<()> {
        let Self {} = self;
        Some(())
    }
}

/// Take a rejection back
///
/// Within the undo window the applicant never hears of it. If the message was sent, or nobody can know, a correction follows it.
#[utoipa::path(
    post,
    path = "/v1/applications/{id}/unreject",
    operation_id = "unrejectApplication",
    tag = "applications",
    security(("secret_key" = [])),
    params(("id" = schema::ApplicationId, Path, description = "The application's id.")),
    request_body = Option<Unreject>,
    responses((status = 200, description = "The application as it stands now.", body = Record), Changing),
)]
pub(crate) async fn unreject(
    server: Data<Server>,
    recruiter: Recruiter,
    request: HttpRequest,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let id = change::named(&server, &recruiter, &request).await?;
    body.json::<Unreject>()?;
    let changed = server.ledger.unreject(&[id], &recruiter.actor).await?;
    change::respond(&server, changed).await
}
