//! `POST /v1/webhook-deliveries/{id}/replay`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use hearback_domain::ids::WebhookDeliveryId;

use super::{Delivery, may_see};
use crate::{
    auth::Recruiter,
    path,
    problem::{Missing, Problem},
    refusals::Poking,
    schema,
    server::Server,
};

/// Send a webhook again
///
/// Under the same `webhook-id`. One that is on its way already stays as it is.
#[utoipa::path(
    post,
    path = "/v1/webhook-deliveries/{id}/replay",
    operation_id = "replayWebhook",
    tag = "webhooks",
    security(("secret_key" = [])),
    params(("id" = schema::WebhookDeliveryId, Path, description = "The delivery's id.")),
    responses((status = 202, description = "The delivery as it stands now.", body = Delivery), Poking),
)]
pub(crate) async fn replay(server: Data<Server>, recruiter: Recruiter, request: HttpRequest) -> Result<HttpResponse, Problem> {
    recruiter.administers()?;
    let id = path::id(&request, Missing::WebhookDelivery)?;
    seen(&server, &recruiter, id).await?;
    server.ledger.replay_webhook(id).await?;
    Ok(HttpResponse::Accepted().json(seen(&server, &recruiter, id).await?))
}

async fn seen(server: &Server, recruiter: &Recruiter, id: WebhookDeliveryId) -> Result<Delivery, Problem> {
    let missing = || Problem::NotFound(Missing::WebhookDelivery);
    let delivery = server.ledger.webhook_delivery(id).await?.ok_or_else(missing)?;
    let endpoint = server.ledger.webhook_endpoint(delivery.endpoint).await?;
    endpoint.filter(|endpoint| may_see(recruiter, endpoint)).ok_or_else(missing)?;
    Ok(delivery.into())
}
