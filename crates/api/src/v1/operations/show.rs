//! `GET /v1/operations/{id}`

use actix_web::{HttpRequest, HttpResponse, web::Data};

use super::{Operation, shown};
use crate::{
    auth::Recruiter,
    path,
    problem::{Missing, Problem},
    refusals::Showing,
    schema,
    server::Server,
};

/// Follow what is done to many applications
#[utoipa::path(
    get,
    path = "/v1/operations/{id}",
    operation_id = "readOperation",
    tag = "operations",
    security(("secret_key" = [])),
    params(("id" = schema::OperationId, Path, description = "The operation's id.")),
    responses((status = 200, description = "The operation, and how far it has come.", body = Operation), Showing),
)]
pub(crate) async fn show(server: Data<Server>, recruiter: Recruiter, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let id = path::id(&request, Missing::Operation)?;
    Ok(shown(recruiter.operation(&server, id).await?))
}
