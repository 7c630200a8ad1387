//! `GET /v1/webhook-endpoints/{id}`

use actix_web::{HttpRequest, HttpResponse, web::Data};

use super::{Endpoint, named};
use crate::{auth::Recruiter, problem::Problem, refusals::Showing, schema, server::Server};

/// Read a webhook endpoint
#[utoipa::path(
    get,
    path = "/v1/webhook-endpoints/{id}",
    operation_id = "readWebhookEndpoint",
    tag = "webhooks",
    security(("secret_key" = [])),
    params(("id" = schema::WebhookEndpointId, Path, description = "The endpoint's id.")),
    responses((status = 200, description = "The endpoint, without its secret.", body = Endpoint), Showing),
)]
pub(crate) async fn show(server: Data<Server>, recruiter: Recruiter, request: HttpRequest) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(Endpoint::from(named(&server, &recruiter, &request).await?)))
}
