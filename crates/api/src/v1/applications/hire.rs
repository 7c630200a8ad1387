//! `POST /v1/applications/{id}/hire`

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

/// The applicant got the job.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "words": "We look forward to your first day." }))]
pub(crate) struct Hire {
    /// Your own words to the applicant, as plain text.
    #[validate(length(max = 5_000))]
    #[schema(max_length = 5_000)]
    words: Option<String>,
}

impl Request for Hire {
    type Meaning = Option<String>;

    fn read(self, fields: &mut Fields) -> Option<Option<String>> {
        let Self { words } = self;
        fields.paragraphs("words", words)
    }
}

/// Hire an applicant
#[utoipa::path(
    post,
    path = "/v1/applications/{id}/hire",
    operation_id = "hireApplicant",
    tag = "applications",
    security(("secret_key" = [])),
    params(("id" = schema::ApplicationId, Path, description = "The application's id.")),
    request_body = Option<Hire>,
    responses((status = 200, description = "The application as it stands now.", body = Record), Changing),
)]
pub(crate) async fn hire(server: Data<Server>, recruiter: Recruiter, request: HttpRequest, body: Body) -> Result<HttpResponse, Problem> {
    let id = change::named(&server, &recruiter, &request).await?;
    let words = body.json::<Hire>()?;
    let changed = server.ledger.hire(&[id], words.as_deref(), &recruiter.actor).await?;
    change::respond(&server, changed).await
}
