//! `POST /v1/applications/{id}/told-otherwise`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use hearback_ledger::ToldOtherwise;
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

/// What a person told the applicant, other than through Hearback.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "channel": "phone", "said": "outcome", "note": "She took it well." }))]
pub(crate) struct Told {
    #[schema(value_type = schema::Channel)]
    channel: Option<String>,
    #[schema(value_type = schema::Said)]
    said: Option<String>,
    /// When it was; without it, just now.
    #[schema(format = DateTime)]
    at: Option<String>,
    /// For the organisation's eyes only.
    #[validate(length(max = 1_000))]
    #[schema(max_length = 1_000)]
    note: Option<String>,
}

impl Request for Told {
    type Meaning = ToldOtherwise;

    fn read(self, fields: &mut Fields) -> Option<ToldOtherwise> {
        let Self { channel, said, at, note } = self;
        let channel = fields.required("channel", channel, str::parse);
        let said = fields.required("said", said, str::parse);
        let at = fields.optional("at", at, time);
        let note = fields.paragraphs("note", note);
        Some(ToldOtherwise { channel: channel?, said: said?, at: at?, note: note? })
    }
}

/// Record that a person told the applicant
///
/// That keeps the promise: what would say the same again, and was not sent yet, is taken back.
#[utoipa::path(
    post,
    path = "/v1/applications/{id}/told-otherwise",
    operation_id = "recordToldOtherwise",
    tag = "applications",
    security(("secret_key" = [])),
    params(("id" = schema::ApplicationId, Path, description = "The application's id.")),
    request_body = Told,
    responses((status = 200, description = "The application as it stands now.", body = Record), Changing),
)]
pub(crate) async fn told_otherwise(
    server: Data<Server>,
    recruiter: Recruiter,
    request: HttpRequest,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let id = change::named(&server, &recruiter, &request).await?;
    let told = body.json::<Told>()?;
    let changed = server.ledger.told_otherwise(&[id], &told, &recruiter.actor).await?;
    change::respond(&server, changed).await
}
