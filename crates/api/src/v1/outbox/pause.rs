//! `POST /v1/outbox/pause`

use actix_web::{HttpResponse, web::Data};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use super::{Outbox, respond};
use crate::{
    auth::Recruiter,
    body::{Body, Request},
    fields::Fields,
    problem::Problem,
    refusals::Pausing,
    server::Server,
    text::paragraphs,
};

/// Nothing is to be sent for now.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(as = PauseOutbox, example = json!({ "reason": "The relay is being moved." }))]
pub(crate) struct PauseRequest {
    /// For the record, and for whoever wonders.
    #[validate(length(max = 1_000))]
    #[schema(value_type = String, max_length = 1_000)]
    reason: Option<String>,
}

impl Request for PauseRequest {
    type Meaning = String;

    fn read(self, fields: &mut Fields) -> Option<String> {
        let Self { reason } = self;
        fields.required("reason", reason, paragraphs)
    }
}

/// Send nothing for now
///
/// For the whole organisation, acknowledgements included, until somebody resumes. Applications are taken, and what is owed for them is
/// kept. Messages that workers have already are finished. If the outbox is paused already, that pause holds: see `pause_reason`.
#[utoipa::path(
    post,
    path = "/v1/outbox/pause",
    operation_id = "pauseOutbox",
    tag = "outbox",
    security(("secret_key" = [])),
    request_body = PauseRequest,
    responses((status = 200, description = "The outbox as it stands now.", body = Outbox), Pausing),
)]
pub(crate) async fn pause(server: Data<Server>, recruiter: Recruiter, body: Body) -> Result<HttpResponse, Problem> {
    recruiter.whole_organisation()?;
    let reason = body.json::<PauseRequest>()?;
    server.ledger.pause_outbox(&reason, &recruiter.actor).await?;
    respond(&server).await
}
