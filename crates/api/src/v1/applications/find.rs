//! `GET /v1/jobs/{id}/applications/by-external-id/{external_id}`

use actix_web::{HttpRequest, HttpResponse, http::header, web::Data};

use super::Record;
use crate::{
    auth::Recruiter,
    path,
    problem::{Missing, Problem},
    refusals::Showing,
    schema,
    server::Server,
};

/// Read an application by your own id for it
#[utoipa::path(
    get,
    path = "/v1/jobs/{id}/applications/by-external-id/{external_id}",
    operation_id = "findApplication",
    tag = "applications",
    security(("secret_key" = [])),
    params(
        ("id" = schema::JobId, Path, description = "The job's id."),
        ("external_id" = String, Path, description = "Your own id for the application.", max_length = 200, min_length = 1),
    ),
    responses((status = 200, description = "The application.", body = Record), Showing),
)]
pub(crate) async fn find(server: Data<Server>, recruiter: Recruiter, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let job = recruiter.job(&server, path::id(&request, Missing::Job)?).await?.id;
    let missing = || Problem::NotFound(Missing::Application);
    let external_id = path::external_id(&request, Missing::Application)?;
    let found = server.ledger.application_by_external_id(job, &external_id).await?.ok_or_else(missing)?;
    let record = Record::of(&server, recruiter.application(&server, found.id).await?).await?;
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(record))
}
