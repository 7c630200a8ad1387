//! `POST /v1/outbox/resume`

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
};

/// Needs nothing to be said.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(as = ResumeOutbox, example = json!({}))]
pub(crate) struct ResumeRequest {}

impl Request for ResumeRequest {
    type Meaning = ();

    fn read(self, _: &mut Fields) -> Option<()> {
        let Self {} = self;
        Some(())
    }
}

/// Send again
///
/// Wakes every worker at once. An outbox that is not paused stays as it is.
#[utoipa::path(
    post,
    path = "/v1/outbox/resume",
    operation_id = "resumeOutbox",
    tag = "outbox",
    security(("secret_key" = [])),
    request_body = Option<ResumeRequest>,
    responses((status = 200, description = "The outbox as it stands now.", body = Outbox), Pausing),
)]
pub(crate) async fn resume(server: Data<Server>, recruiter: Recruiter, body: Body) -> Result<HttpResponse, Problem> {
    recruiter.whole_organisation()?;
    body.json::<ResumeRequest>()?;
    server.ledger.resume_outbox(&recruiter.actor).await?;
    respond(&server).await
}
