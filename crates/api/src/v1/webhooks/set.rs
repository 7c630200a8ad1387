//! `PUT /v1/webhook-endpoints/{id}`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use hearback_ledger::{EndpointDetails, Versioned};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use super::{Endpoint, let_out, named, types, url};
use crate::{
    auth::Recruiter,
    body::{Body, Request},
    condition,
    fields::Fields,
    problem::{Missing, Problem},
    refusals::ChangingEndpoint,
    schema,
    server::Server,
};

/// What an endpoint is to be like.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "url": "https://hooks.example.com/hearback", "types": [], "is_enabled": true }))]
pub(crate) struct SetWebhookEndpoint {
    /// `https`, to an address of the internet at large.
    #[schema(value_type = String, format = "uri", max_length = 2_000)]
    url: Option<String>,
    /// What it gets; everything, if this is left out or empty.
    #[schema(value_type = Option<Vec<schema::WebhookType>>)]
    types: Option<Vec<String>>,
    /// What happens while it is switched off is sent once it is switched on again.
    #[schema(value_type = bool)]
    is_enabled: Option<bool>,
}

impl Request for SetWebhookEndpoint {
    type Meaning = EndpointDetails;

    fn read(self, fields: &mut Fields) -> Option<EndpointDetails> {
        let Self { url: text, types: words, is_enabled } = self;
        let text = fields.required("url", text, url);
        let types = types(fields, words);
        let is_enabled = fields.given("is_enabled", is_enabled);
        Some(EndpointDetails { url: text?, types: types?, is_enabled: is_enabled? })
    }
}

/// Change a webhook endpoint
#[utoipa::path(
    put,
    path = "/v1/webhook-endpoints/{id}",
    operation_id = "setWebhookEndpoint",
    tag = "webhooks",
    security(("secret_key" = [])),
    params(("id" = schema::WebhookEndpointId, Path, description = "The endpoint's id.")),
    request_body = SetWebhookEndpoint,
    responses((status = 200, description = "The endpoint as it stands now.", body = Endpoint), ChangingEndpoint),
)]
pub(crate) async fn set(server: Data<Server>, recruiter: Recruiter, request: HttpRequest, body: Body) -> Result<HttpResponse, Problem> {
    let id = named(&server, &recruiter, &request).await?.id;
    let record = async || Ok(Endpoint::from(named(&server, &recruiter, &request).await?));
    condition::demanded(&server, &request, Versioned::WebhookEndpoint(id), record).await?;
    let details = body.json::<SetWebhookEndpoint>()?;
    let_out(&server, &details.url)?;
    let set = server.ledger.set_webhook_endpoint(id, &details).await?.ok_or(Problem::NotFound(Missing::WebhookEndpoint))?;
    Ok(HttpResponse::Ok().json(Endpoint::from(set)))
}
