//! `POST /v1/applications/{id}/interviews`

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
};

/// An interview that took place.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "at": "2026-11-20T14:00:00+01:00" }))]
pub(crate) struct Interview {
    /// When it was. Not an appointment: that can still be called off.
    #[schema(format = DateTime, value_type = String)]
    at: Option<String>,
}

impl Request for Interview {
    type Meaning = DateTime<Utc>;

    fn read(self, fields: &mut Fields) -> Option<DateTime<Utc>> {
        let Self { at } = self;
        fields.required("at", at, time)
    }
}

/// Record an interview
///
/// Where a law counts from the last interview, its date follows.
#[utoipa::path(
    post,
    path = "/v1/applications/{id}/interviews",
    operation_id = "recordInterview",
    tag = "applications",
    security(("secret_key" = [])),
    params(("id" = schema::ApplicationId, Path, description = "The application's id.")),
    request_body = Interview,
    responses((status = 200, description = "The application as it stands now.", body = Record), Changing),
)]
pub(crate) async fn interview(
    server: Data<Server>,
    recruiter: Recruiter,
    request: HttpRequest,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let id = change::named(&server, &recruiter, &request).await?;
    let at = body.json::<Interview>()?;
    let changed = server.ledger.interviewed(&[id], at, &recruiter.actor).await?;
    change::respond(&server, changed).await
}
