//! `GET /v1/webhook-endpoints`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use hearback_domain::ids::WebhookEndpointId;
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;

use super::Endpoint;
use crate::{
    auth::Recruiter,
    body::{Request, from_query, understood},
    fields::Fields,
    pagination::{List, Part},
    problem::Problem,
    refusals::Listing,
    server::Server,
};

#[derive(Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListEndpoints {
    /// `next_cursor` of the part before.
    cursor: Option<String>,
    #[param(value_type = Option<u64>, minimum = 1, maximum = 200, default = 50)]
    limit: Option<String>,
}

impl Request for ListEndpoints {
    type Meaning = Part<WebhookEndpointId>;

    fn read(self, fields: &mut Fields) -> Option<Self::Meaning> {
        let Self { cursor, limit } = self;
        Part::read(fields, cursor, limit)
    }
}

/// List the webhook endpoints
#[utoipa::path(
    get,
    path = "/v1/webhook-endpoints",
    operation_id = "listWebhookEndpoints",
    tag = "webhooks",
    security(("secret_key" = [])),
    params(ListEndpoints),
    responses(
        (status = 200, description = "Those that the key may see, oldest first.", body = List<Endpoint>, headers(("Link" = String, description = "The next part, as `rel=\"next\"`."))),
        Listing,
    ),
)]
pub(crate) async fn list(server: Data<Server>, recruiter: Recruiter, request: HttpRequest) -> Result<HttpResponse, Problem> {
    recruiter.administers()?;
    let (query, fields) = from_query::<ListEndpoints>(request.query_string().as_bytes());
    let part = understood(query, fields).map_err(Problem::InvalidQuery)?;
    let found = server.ledger.webhook_endpoints(recruiter.narrowed(None)?, recruiter.is_test().is_some(), part.page()).await?;
    Ok(part.respond::<_, Endpoint>(&server, &request, found, |endpoint| endpoint.id))
}
