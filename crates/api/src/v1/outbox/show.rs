//! `GET /v1/outbox`

use actix_web::{HttpResponse, web::Data};

use super::{Outbox, respond};
use crate::{auth::Recruiter, problem::Problem, refusals::Seeing, server::Server};

/// See how much is in the outbox, and whether it goes out
#[utoipa::path(
    get,
    path = "/v1/outbox",
    operation_id = "readOutbox",
    tag = "outbox",
    security(("secret_key" = [])),
    responses((status = 200, description = "The outbox.", body = Outbox), Seeing),
)]
pub(crate) async fn show(server: Data<Server>, recruiter: Recruiter) -> Result<HttpResponse, Problem> {
    recruiter.whole_organisation()?;
    respond(&server).await
}
