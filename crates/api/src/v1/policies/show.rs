//! `GET /v1/boards/{id}/policy`, `GET /v1/jobs/{id}/policy`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use hearback_ledger::WhosePolicy;

use super::{Record, record};
use crate::{auth::Recruiter, problem::Problem, refusals::Showing, schema, server::Server};

/// Read what a board promises otherwise
#[utoipa::path(
    get,
    path = "/v1/boards/{id}/policy",
    operation_id = "readBoardPolicy",
    tag = "boards",
    security(("secret_key" = [])),
    params(("id" = schema::BoardId, Path, description = "The board's id.")),
    responses((status = 200, description = "Its policy.", body = Record), Showing),
)]
pub(crate) async fn of_board(server: Data<Server>, recruiter: Recruiter, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let whose = super::board(&server, &recruiter, &request).await?;
    show(&server, whose).await
}

/// Read what a job promises otherwise
#[utoipa::path(
    get,
    path = "/v1/jobs/{id}/policy",
    operation_id = "readJobPolicy",
    tag = "jobs",
    security(("secret_key" = [])),
    params(("id" = schema::JobId, Path, description = "The job's id.")),
    responses((status = 200, description = "Its policy.", body = Record), Showing),
)]
pub(crate) async fn of_job(server: Data<Server>, recruiter: Recruiter, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let whose = super::job(&server, &recruiter, &request).await?;
    show(&server, whose).await
}

async fn show(server: &Server, whose: WhosePolicy) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(record(server, whose).await?))
}
