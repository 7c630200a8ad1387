//! `POST /v1/operations/{id}/undo`

use actix_web::{HttpRequest, HttpResponse, web::Data};

use super::{Operation, accepted};
use crate::{
    auth::Recruiter,
    path,
    problem::{Missing, Problem},
    refusals::Controlling,
    schema,
    server::Server,
};

/// Take back what was done to many applications
///
/// It is stopped, and then taken back for each application that nothing else was decided about since: who was not told never hears of it, and
/// who was, or may have been, gets a correction. A job that it closed is open again. It goes on by itself, like the operation did.
#[utoipa::path(
    post,
    path = "/v1/operations/{id}/undo",
    operation_id = "undoOperation",
    tag = "operations",
    security(("secret_key" = [])),
    params(("id" = schema::OperationId, Path, description = "The operation's id.")),
    responses((status = 202, description = "It is being taken back.", body = Operation), Controlling),
)]
pub(crate) async fn undo(server: Data<Server>, recruiter: Recruiter, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let id = path::id(&request, Missing::Operation)?;
    let operation = recruiter.operation(&server, id).await?;
    Ok(accepted(&server, server.ledger.undo_operation(operation.id, &recruiter.actor).await?))
}
