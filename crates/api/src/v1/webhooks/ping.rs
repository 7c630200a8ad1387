//! `POST /v1/webhook-endpoints/{id}/ping`

use actix_web::{HttpRequest, HttpResponse, web::Data};

use super::{Delivery, named};
use crate::{
    auth::Recruiter,
    problem::{Missing, Problem},
    refusals::Poking,
    schema,
    server::Server,
};

/// Send a webhook endpoint something to see whether it arrives
///
/// What became of it stands in the endpoint's deliveries.
#[utoipa::path(
    post,
    path = "/v1/webhook-endpoints/{id}/ping",
    operation_id = "pingWebhookEndpoint",
    tag = "webhooks",
    security(("secret_key" = [])),
    params(("id" = schema::WebhookEndpointId, Path, description = "The endpoint's id.")),
    responses((status = 202, description = "`webhook.ping` is on its way.", body = Delivery), Poking),
)]
pub(crate) async fn ping(server: Data<Server>, recruiter: Recruiter, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let id = named(&server, &recruiter, &request).await?.id;
    let delivery = server.ledger.ping_webhook(id).await?;
    let delivery = server.ledger.webhook_delivery(delivery).await?.ok_or(Problem::NotFound(Missing::WebhookDelivery))?;
    Ok(HttpResponse::Accepted().json(Delivery::from(delivery)))
}
