//! `POST /v1/operations/{id}/stop`

use actix_web::{HttpRequest, HttpResponse, web::Data};

use super::{Operation, shown};
use crate::{
    auth::Recruiter,
    path,
    problem::{Missing, Problem},
    refusals::Controlling,
    schema,
    server::Server,
};

/// Stop what is done to many applications
///
/// Whoever was not dealt with yet will not be. What was done stays: see `undo`.
#[utoipa::path(
    post,
    path = "/v1/operations/{id}/stop",
    operation_id = "stopOperation",
    tag = "operations",
    security(("secret_key" = [])),
    params(("id" = schema::OperationId, Path, description = "The operation's id.")),
    responses((status = 200, description = "The operation, stopped.", body = Operation), Controlling),
)]
pub(crate) async fn stop(server: Data<Server>, recruiter: Recruiter, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let id = path::id(&request, Missing::Operation)?;
    let operation = recruiter.operation(&server, id).await?;
    Ok(shown(server.ledger.stop_operation(operation.id, &recruiter.actor).await?))
}
