//! `POST /v1/operations`

use actix_web::{HttpResponse, web::Data};

use super::{Operation, accepted, asked::Asked};
use crate::{auth::Recruiter, body::Body, problem::Problem, refusals::Operating, server::Server};

/// Reject or move many applications
///
/// It is on record when this answers, and goes on by itself, even if a worker dies. More people than `bulk_cap` are written to only with
/// the `confirmation` of the dry run.
#[utoipa::path(
    post,
    path = "/v1/operations",
    operation_id = "createOperation",
    tag = "operations",
    security(("secret_key" = [])),
    request_body = Asked,
    responses(
        (
            status = 202, description = "It is on record. `Location` is where to follow it.", body = Operation,
            headers(("Location" = String, description = "Where to follow it.")),
        ),
        Operating,
    ),
)]
pub(crate) async fn create(server: Data<Server>, recruiter: Recruiter, body: Body) -> Result<HttpResponse, Problem> {
    let (authorised, confirmation) = body.json::<Asked>()?.by(&server, &recruiter).await?;
    let operation = server.ledger.begin_operation(authorised.begin(&recruiter, confirmation.as_deref())).await?;
    Ok(accepted(&server, operation))
}
