//! `POST /v1/applications/{id}/answered`

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

/// Why what the applicant wrote waits for no answer any more.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "note": "They only said thank you." }))]
pub(crate) struct Answered {
    /// For the organisation's eyes only.
    #[validate(length(max = 1_000))]
    #[schema(max_length = 1_000)]
    note: Option<String>,
}

impl Request for Answered {
    type Meaning = Option<String>;

    fn read(self, fields: &mut Fields) -> Option<Option<String>> {
        let Self { note } = self;
        fields.paragraphs("note", note)
    }
}

/// Say that an applicant needs no answer
///
/// Ends the promise to answer what they wrote, under the name of whoever says so. Where nothing waits for an answer, nothing changes.
#[utoipa::path(
    post,
    path = "/v1/applications/{id}/answered",
    operation_id = "markAsAnswered",
    tag = "applications",
    security(("secret_key" = [])),
    params(("id" = schema::ApplicationId, Path, description = "The application's id.")),
    request_body = Answered,
    responses((status = 200, description = "The application as it stands now.", body = Record), Changing),
)]
pub(crate) async fn answered(
    server: Data<Server>,
    recruiter: Recruiter,
    request: HttpRequest,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let id = change::named(&server, &recruiter, &request).await?;
    let note = body.json::<Answered>()?;
    let changed = server.ledger.mark_as_answered(&[id], note.as_deref(), &recruiter.actor).await?;
    change::respond(&server, changed).await
}
