//! `GET /v1/webhook-endpoints/{id}/deliveries`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use hearback_domain::{ids::WebhookDeliveryId, webhook::DeliveryState};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;

use super::{Delivery, named};
use crate::{
    auth::Recruiter,
    body::{Request, from_query, understood},
    fields::Fields,
    pagination::{List, Part},
    problem::Problem,
    refusals::Listing,
    schema,
    server::Server,
};

#[derive(Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListDeliveries {
    /// Only those in this state.
    #[param(value_type = Option<schema::DeliveryState>)]
    state: Option<String>,
    /// `next_cursor` of the part before.
    cursor: Option<String>,
    #[param(value_type = Option<u64>, minimum = 1, maximum = 200, default = 50)]
    limit: Option<String>,
}

impl Request for ListDeliveries {
    type Meaning = (Option<DeliveryState>, Part<WebhookDeliveryId>);

    fn read(self, fields: &mut Fields) -> Option<Self::Meaning> {
        let Self { state, cursor, limit } = self;
        let state = fields.optional("state", state, str::parse);
        let part = Part::read(fields, cursor, limit);
        Some((state?, part?))
    }
}

/// List the deliveries to a webhook endpoint
#[utoipa::path(
    get,
    path = "/v1/webhook-endpoints/{id}/deliveries",
    operation_id = "listWebhookDeliveries",
    tag = "webhooks",
    security(("secret_key" = [])),
    params(("id" = schema::WebhookEndpointId, Path, description = "The endpoint's id."), ListDeliveries),
    responses(
        (
            status = 200, body = List<Delivery>,
            description = "Oldest first, each with its tries. Settled ones are kept for 30 days.",
            headers(("Link" = String, description = "The next part, as `rel=\"next\"`.")),
        ),
        Listing,
    ),
)]
pub(crate) async fn list(server: Data<Server>, recruiter: Recruiter, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let id = named(&server, &recruiter, &request).await?.id;
    let (query, fields) = from_query::<ListDeliveries>(request.query_string().as_bytes());
    let (state, part) = understood(query, fields).map_err(Problem::InvalidQuery)?;
    let found = server.ledger.webhook_deliveries(id, state, part.page()).await?;
    Ok(part.respond::<_, Delivery>(&server, &request, found, |delivery| delivery.id))
}
