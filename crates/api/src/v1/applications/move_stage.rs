//! `POST /v1/applications/{id}/move`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use hearback_domain::application::Stage;
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

/// Where an application moves to.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "stage": "interview", "tell": true }))]
pub(crate) struct Move {
    #[schema(value_type = schema::Stage)]
    stage: Option<String>,
    /// Whether the applicant is told.
    #[schema(value_type = bool)]
    tell: Option<bool>,
}

impl Request for Move {
    type Meaning = (Stage, bool);

    fn read(self, fields: &mut Fields) -> Option<(Stage, bool)> {
        let Self { stage, tell } = self;
        let stage = fields.required("stage", stage, str::parse);
        let tell = fields.given("tell", tell);
        Some((stage?, tell?))
    }
}

/// Move an application to a stage
#[utoipa::path(
    post,
    path = "/v1/applications/{id}/move",
    operation_id = "moveApplication",
    tag = "applications",
    security(("secret_key" = [])),
    params(("id" = schema::ApplicationId, Path, description = "The application's id.")),
    request_body = Move,
    responses((status = 200, description = "The application as it stands now.", body = Record), Changing),
)]
pub(crate) async fn move_stage(
    server: Data<Server>,
    recruiter: Recruiter,
    request: HttpRequest,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let id = change::named(&server, &recruiter, &request).await?;
    let (stage, tell) = body.json::<Move>()?;
    let changed = server.ledger.move_stage(&[id], stage, tell, &recruiter.actor).await?;
    change::respond(&server, changed).await
}
