//! `POST /v1/webhook-endpoints/{id}/rotate-secret`

use actix_web::{HttpRequest, HttpResponse, http::header, web::Data};

use super::{Secret, to_change};
use crate::{
    auth::Recruiter,
    problem::{Missing, Problem},
    refusals::Rotating,
    schema,
    server::Server,
};

/// Give a webhook endpoint a new secret
///
/// For a day, everything is signed with the secret before as well.
#[utoipa::path(
    post,
    path = "/v1/webhook-endpoints/{id}/rotate-secret",
    operation_id = "rotateWebhookSecret",
    tag = "webhooks",
    security(("secret_key" = [])),
    params(("id" = schema::WebhookEndpointId, Path, description = "The endpoint's id.")),
    responses((status = 200, description = "The new secret, shown this once.", body = Secret), Rotating),
)]
pub(crate) async fn rotate(server: Data<Server>, recruiter: Recruiter, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let id = to_change(&server, &recruiter, &request).await?;
    let secret = server.ledger.rotate_webhook_secret(id).await?.ok_or(Problem::NotFound(Missing::WebhookEndpoint))?;
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(Secret::from(secret)))
}
