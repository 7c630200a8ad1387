//! `POST /v1/applications/{id}/postpone`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use super::{Record, change};
use crate::{
    auth::Recruiter,
    body::{Body, Request},
    fields::{Fields, time},
    problem::Problem,
    refusals::Changing,
    schema,
    server::Server,
    text::paragraphs,
};

/// Until when the decision is put off.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "until": "2026-12-14T09:00:00Z", "reason": "The head of department is back then." }))]
pub(crate) struct Postpone {
    /// In the future, and no further away than a decision may take.
    #[schema(format = DateTime, value_type = String)]
    until: Option<String>,
    /// For the organisation's eyes only.
    #[validate(length(max = 1_000))]
    #[schema(max_length = 1_000, value_type = String)]
    reason: Option<String>,
}

impl Request for Postpone {
    type Meaning = (DateTime<Utc>, String);

    fn read(self, fields: &mut Fields) -> Option<(DateTime<Utc>, String)> {
        let Self { until, reason } = self;
        let until = fields.required("until", until, time);
        let reason = fields.required("reason", reason, paragraphs);
        Some((until?, reason?))
    }
}

/// Put a decision off
///
/// Nothing that the applicant was told moves: they go on hearing from you, and a date of a law stays.
#[utoipa::path(
    post,
    path = "/v1/applications/{id}/postpone",
    operation_id = "postponeApplication",
    tag = "applications",
    security(("secret_key" = [])),
    params(("id" = schema::ApplicationId, Path, description = "The application's id.")),
    request_body = Postpone,
    responses((status = 200, description = "The application as it stands now.", body = Record), Changing),
)]
pub(crate) async fn postpone(
    server: Data<Server>,
    recruiter: Recruiter,
    request: HttpRequest,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let id = change::named(&server, &recruiter, &request).await?;
    let (until, reason) = body.json::<Postpone>()?;
    let changed = server.ledger.postpone_decision(&[id], until, &reason, &recruiter.actor).await?;
    change::respond(&server, changed).await
}
