//! `DELETE /v1/webhook-endpoints/{id}`

use actix_web::{HttpRequest, HttpResponse, web::Data};

use super::to_change;
use crate::{auth::Recruiter, problem::Problem, refusals::Deleting, schema, server::Server};

/// Delete a webhook endpoint
///
/// Nothing more is sent to it, not even what is owed to it already.
#[utoipa::path(
    delete,
    path = "/v1/webhook-endpoints/{id}",
    operation_id = "deleteWebhookEndpoint",
    tag = "webhooks",
    security(("secret_key" = [])),
    params(("id" = schema::WebhookEndpointId, Path, description = "The endpoint's id.")),
    responses((status = 204, description = "It is deleted."), Deleting),
)]
pub(crate) async fn delete(server: Data<Server>, recruiter: Recruiter, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let id = to_change(&server, &recruiter, &request).await?;
    // Deleted by somebody else meanwhile, it is deleted all the same.
    server.ledger.delete_webhook_endpoint(id).await?;
    Ok(HttpResponse::NoContent().finish())
}
