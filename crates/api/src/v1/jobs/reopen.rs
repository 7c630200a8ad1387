//! `POST /v1/jobs/{id}/reopen`

use actix_web::{HttpRequest, HttpResponse, web::Data};

use super::{Job, close::to_change};
use crate::{auth::Recruiter, problem::Problem, refusals::Reopening, schema, server::Server};

/// Open a job again
///
/// It takes applications again. A closing that is under way is stopped; whoever it rejected stays so, until that is taken back too
/// (`/v1/operations/{id}/undo`, which opens the job as well).
#[utoipa::path(
    post,
    path = "/v1/jobs/{id}/reopen",
    operation_id = "reopenJob",
    tag = "jobs",
    security(("secret_key" = [])),
    params(("id" = schema::JobId, Path, description = "The job's id.")),
    responses((status = 200, description = "The job, open.", body = Job), Reopening),
)]
pub(crate) async fn reopen(server: Data<Server>, recruiter: Recruiter, request: HttpRequest) -> Result<HttpResponse, Problem> {
    recruiter.in_earnest()?;
    let job = to_change(&server, &recruiter, &request).await?;
    let job = server.ledger.reopen_job(job.id, &recruiter.actor).await?;
    Ok(HttpResponse::Ok().json(Job::from(job)))
}
