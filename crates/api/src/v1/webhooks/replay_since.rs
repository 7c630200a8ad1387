//! `POST /v1/webhook-endpoints/{id}/replay`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::named;
use crate::{
    auth::Recruiter,
    body::{Body, Request},
    fields::{Fields, time},
    problem::Problem,
    refusals::Acting,
    schema,
    server::Server,
};

/// From when on everything is to be sent again.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "since": "2026-11-23T09:00:00Z" }))]
pub(crate) struct ReplaySince {
    #[schema(value_type = DateTime<Utc>)]
    since: Option<String>,
}

/// How much is sent again.
#[derive(Serialize, ToSchema)]
pub(crate) struct Replayed {
    deliveries: u64,
}

impl Request for ReplaySince {
    type Meaning = DateTime<Utc>;

    fn read(self, fields: &mut Fields) -> Option<DateTime<Utc>> {
        let Self { since } = self;
        fields.required("since", since, time)
    }
}

/// Send everything again from a moment on
///
/// Every delivery that was owed to the endpoint since then and is settled, delivered or dead, each under its own `webhook-id`. Settled ones
/// are kept for 30 days.
#[utoipa::path(
    post,
    path = "/v1/webhook-endpoints/{id}/replay",
    operation_id = "replayWebhooksSince",
    tag = "webhooks",
    security(("secret_key" = [])),
    params(("id" = schema::WebhookEndpointId, Path, description = "The endpoint's id.")),
    request_body = ReplaySince,
    responses((status = 202, description = "They are on their way.", body = Replayed), Acting),
)]
pub(crate) async fn replay(server: Data<Server>, recruiter: Recruiter, request: HttpRequest, body: Body) -> Result<HttpResponse, Problem> {
    let id = named(&server, &recruiter, &request).await?.id;
    let since = body.json::<ReplaySince>()?;
    Ok(HttpResponse::Accepted().json(Replayed { deliveries: server.ledger.replay_webhooks_since(id, since).await? }))
}
