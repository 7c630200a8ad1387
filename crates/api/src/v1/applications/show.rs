//! `GET /v1/applications/{id}`

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

/// Read an application with its history
#[utoipa::path(
    get,
    path = "/v1/applications/{id}",
    operation_id = "readApplication",
    tag = "applications",
    security(("secret_key" = [])),
    params(("id" = schema::ApplicationId, Path, description = "The application's id.")),
    responses((status = 200, description = "The application.", body = Record), Showing),
)]
pub(crate) async fn show(server: Data<Server>, recruiter: Recruiter, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let id = path::id(&request, Missing::Application)?;
    let application = recruiter.application(&server, id).await?;
    let record = Record::of(&server, application).await?;
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(record))
}
