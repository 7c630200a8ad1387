//! `GET /v1/jobs/{id}`

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

/// Read a job
#[utoipa::path(
    get,
    path = "/v1/jobs/{id}",
    operation_id = "readJob",
    tag = "jobs",
    security(("secret_key" = [])),
    params(("id" = schema::JobId, Path, description = "The job's id.")),
    responses((status = 200, description = "The job.", body = Job), Showing),
)]
pub(crate) async fn show(server: Data<Server>, recruiter: Recruiter, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let id = path::id(&request, Missing::Job)?;
    let job = recruiter.job(&server, id).await?;
    Ok(HttpResponse::Ok().json(Job::from(job)))
}
