//! `POST /v1/jobs/{id}/archive`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use hearback_ledger::Closing;

use super::close::{Close, close_as};
use crate::{auth::Recruiter, body::Body, problem::Problem, refusals::ClosingJob, schema, server::Server, v1::operations::Operation};

/// Put a job away
///
/// Nobody is left behind in it: it is closed like any job that closes, and has `archived_at` from now on.
#[utoipa::path(
    post,
    path = "/v1/jobs/{id}/archive",
    operation_id = "archiveJob",
    tag = "jobs",
    security(("secret_key" = [])),
    params(("id" = schema::JobId, Path, description = "The job's id.")),
    request_body = Close,
    responses(
        (
            status = 202, description = "The job is put away, and whoever still waits in it is being told. `Location` is where to follow it.",
            body = Operation, headers(("Location" = String, description = "Where to follow it.")),
        ),
        ClosingJob,
    ),
)]
pub(crate) async fn archive(server: Data<Server>, recruiter: Recruiter, request: HttpRequest, body: Body) -> Result<HttpResponse, Problem> {
    let closing = Closing { archive: true, ..body.json::<Close>()? };
    close_as(&server, &recruiter, &request, closing).await
}
