//! `GET /v1/boards/{id}/jobs/by-external-id/{external_id}`

use actix_web::{HttpRequest, HttpResponse, web::Data};

use super::Job;
use crate::{
    auth::Recruiter,
    path,
    problem::{Missing, Problem},
    refusals::Showing,
    schema,
    server::Server,
};

/// Read a job by your own id for it
#[utoipa::path(
    get,
    path = "/v1/boards/{id}/jobs/by-external-id/{external_id}",
    operation_id = "findJob",
    tag = "jobs",
    security(("secret_key" = [])),
    params(
        ("id" = schema::BoardId, Path, description = "The board's id."),
        ("external_id" = String, Path, description = "Your own id for the job.", max_length = 200, min_length = 1),
    ),
    responses((status = 200, description = "The job.", body = Job), Showing),
)]
pub(crate) async fn find(server: Data<Server>, recruiter: Recruiter, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let board = recruiter.board(&server, path::id(&request, Missing::Board)?).await?.id;
    let external_id = path::external_id(&request, Missing::Job)?;
    let found = server.ledger.job_by_external_id(board, &external_id).await?;
    Ok(HttpResponse::Ok().json(Job::from(found.ok_or(Problem::NotFound(Missing::Job))?)))
}
