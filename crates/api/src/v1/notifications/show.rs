//! `GET /v1/notifications/{id}`

use actix_web::{HttpRequest, HttpResponse, web::Data};

use super::{Record, act};
use crate::{auth::Recruiter, problem::Problem, refusals::Showing, schema, server::Server};

/// Read a message with its tries
#[utoipa::path(
    get,
    path = "/v1/notifications/{id}",
    operation_id = "readMessage",
    tag = "outbox",
    security(("secret_key" = [])),
    params(("id" = schema::NotificationId, Path, description = "The message's id.")),
    responses((status = 200, description = "The message.", body = Record), Showing),
)]
pub(crate) async fn show(server: Data<Server>, recruiter: Recruiter, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let id = act::named(&server, &recruiter, &request).await?;
    act::show(&server, id).await
}
