//! `POST /v1/applications/{id}/withdraw`

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

/// The application ends without a decision.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "by_applicant": true }))]
pub(crate) struct Withdraw {
    /// The applicant asked for it, and so knows already. They have it confirmed either way.
    #[schema(default = false)]
    by_applicant: Option<bool>,
}

impl Request for Withdraw {
    type Meaning = bool;

    fn read(self, _: &mut Fields) -> Option<bool> {
        let Self { by_applicant } = self;
        Some(by_applicant.unwrap_or(false))
    }
}

/// Withdraw an application
///
/// Always succeeds. What contradicts it and was not sent yet is taken back.
#[utoipa::path(
    post,
    path = "/v1/applications/{id}/withdraw",
    operation_id = "withdrawApplication",
    tag = "applications",
    security(("secret_key" = [])),
    params(("id" = schema::ApplicationId, Path, description = "The application's id.")),
    request_body = Option<Withdraw>,
    responses((status = 200, description = "The application as it stands now.", body = Record), Changing),
)]
pub(crate) async fn withdraw(
    server: Data<Server>,
    recruiter: Recruiter,
    request: HttpRequest,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let id = change::named(&server, &recruiter, &request).await?;
    let by_applicant = body.json::<Withdraw>()?;
    let changed = server.ledger.withdraw(&[id], by_applicant, &recruiter.actor).await?;
    change::respond(&server, changed).await
}
