//! Who is told by HTTP what happens. A key sees the endpoints that get what it may see: a test key those for trying out, and no others.

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod deliveries;
pub(crate) mod list;
pub(crate) mod ping;
pub(crate) mod replay;
pub(crate) mod replay_since;
pub(crate) mod rotate;
pub(crate) mod set;
pub(crate) mod show;
pub(crate) mod told;

use actix_web::HttpRequest;
use chrono::{DateTime, Utc};
use hearback_domain::{
    UnknownWord,
    ids::WebhookEndpointId,
    webhook::{EndpointUrl, InvalidEndpointUrl, WebhookSecret, WebhookType},
};
use hearback_ledger::{DeliveryTry, EndpointDetails, Versioned, WebhookDelivery, WebhookEndpoint};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    auth::Recruiter,
    condition,
    fields::Fields,
    path,
    problem::{Missing, Problem},
    schema,
    server::Server,
};

/// Where webhooks are sent.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookEndpoint)]
pub(crate) struct Endpoint {
    #[schema(value_type = schema::WebhookEndpointId)]
    id: String,
    /// The one board whose events it gets; `null` for all.
    #[schema(value_type = Option<schema::BoardId>, required)]
    board_id: Option<String>,
    /// Whether it gets what happens to applications that came in by test keys, and nothing else.
    is_test: bool,
    #[schema(format = "uri")]
    url: String,
    /// What it gets; empty for everything.
    #[schema(value_type = Vec<schema::WebhookType>)]
    types: Vec<&'static str>,
    is_enabled: bool,
    /// `gone` if it was switched off because it answered 410.
    #[schema(required)]
    disabled_for: Option<String>,
    /// Until when the secret before the present one signs as well.
    #[schema(required)]
    old_secret_until: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// What webhooks to an endpoint are signed with. It is shown once.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookSecret)]
pub(crate) struct Secret {
    /// `whsec_…`, as the libraries of Standard Webhooks take it.
    secret: String,
}

/// An endpoint, with its secret.
#[derive(Serialize, ToSchema)]
#[schema(as = NewWebhookEndpointMade)]
pub(crate) struct Made {
    endpoint: Endpoint,
    /// `whsec_…`, as the libraries of Standard Webhooks take it. It is shown this once.
    secret: String,
}

/// One webhook to one endpoint.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookDelivery)]
pub(crate) struct Delivery {
    /// Its `webhook-id`, however often it is sent.
    #[schema(value_type = schema::WebhookDeliveryId)]
    id: String,
    #[schema(value_type = schema::WebhookEndpointId)]
    endpoint_id: String,
    #[schema(value_type = schema::WebhookType)]
    r#type: &'static str,
    #[schema(value_type = schema::DeliveryState)]
    state: &'static str,
    /// `null` once it is settled.
    #[schema(required)]
    next_try_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    #[schema(required)]
    settled_at: Option<DateTime<Utc>>,
    /// Oldest first.
    tries: Vec<Tried>,
}

/// One try to hand a webhook over.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookTry)]
pub(crate) struct Tried {
    at: DateTime<Utc>,
    /// What the endpoint answered; `null` if it did not.
    #[schema(required)]
    status: Option<u16>,
    duration_ms: u32,
    /// What went wrong.
    #[schema(required)]
    trouble: Option<String>,
}

impl From<WebhookEndpoint> for Endpoint {
    fn from(endpoint: WebhookEndpoint) -> Self {
        let WebhookEndpoint { id, board, is_test, details, disabled_for, old_secret_until, created_at, updated_at } = endpoint;
        let EndpointDetails { url, types, is_enabled } = details;
        Self {
            id: id.to_string(),
            board_id: board.map(|board| board.to_string()),
            is_test,
            url: url.to_string(),
            types: types.into_iter().map(WebhookType::as_str).collect(),
            is_enabled,
            disabled_for,
            old_secret_until,
            created_at,
            updated_at,
        }
    }
}

impl From<WebhookSecret> for Secret {
    fn from(secret: WebhookSecret) -> Self {
        Self { secret: secret.reveal() }
    }
}

impl From<WebhookDelivery> for Delivery {
    fn from(delivery: WebhookDelivery) -> Self {
        let WebhookDelivery { id, endpoint, kind, state, next_try_at, created_at, settled_at, tries } = delivery;
        let tried = |DeliveryTry { at, status, duration_ms, trouble }| Tried { at, status, duration_ms, trouble };
        Self {
            id: id.to_string(),
            endpoint_id: endpoint.to_string(),
            r#type: kind.as_str(),
            state: state.as_str(),
            next_try_at,
            created_at,
            settled_at,
            tries: tries.into_iter().map(tried).collect(),
        }
    }
}

/// The endpoint of the path, if the key may see and change it.
async fn named(server: &Server, recruiter: &Recruiter, request: &HttpRequest) -> Result<WebhookEndpoint, Problem> {
    recruiter.administers()?;
    let found = server.ledger.webhook_endpoint(path::id(request, Missing::WebhookEndpoint)?).await?;
    found.filter(|endpoint| may_see(recruiter, endpoint)).ok_or(Problem::NotFound(Missing::WebhookEndpoint))
}

/// The same for whoever changes it, if they say which they have seen.
async fn to_change(server: &Server, recruiter: &Recruiter, request: &HttpRequest) -> Result<WebhookEndpointId, Problem> {
    let id = named(server, recruiter, request).await?.id;
    let record = async || Ok(Endpoint::from(named(server, recruiter, request).await?));
    condition::if_given(server, request, Versioned::WebhookEndpoint(id), record).await?;
    Ok(id)
}

/// An endpoint for all boards tells of other boards than a key for one may see.
fn may_see(recruiter: &Recruiter, endpoint: &WebhookEndpoint) -> bool {
    let is_on_its_board = recruiter.narrowed(None).is_ok_and(|own| own.is_none() || own == endpoint.board);
    is_on_its_board && endpoint.is_test == recruiter.is_test().is_some()
}

/// Which addresses are let out is the server's setting; the first reading lets those of this machine through.
fn let_out(server: &Server, url: &EndpointUrl) -> Result<(), Problem> {
    EndpointUrl::parse(url.url().as_str(), server.ledger.webhooks_to_loopback()).map(drop).map_err(|invalid| {
        let mut fields = Fields::default();
        fields.refuse_for("url", &invalid);
        Problem::InvalidBody(fields)
    })
}

fn url(text: &str) -> Result<EndpointUrl, InvalidEndpointUrl> {
    EndpointUrl::parse(text, true)
}

/// In the order of the closed set, each once.
fn types(fields: &mut Fields, given: Option<Vec<String>>) -> Option<Vec<WebhookType>> {
    let given: Result<Vec<WebhookType>, UnknownWord> = given.unwrap_or_default().iter().map(|word| word.parse()).collect();
    let mut types = given.map_err(|unknown| fields.refuse_for("types", &unknown)).ok()?;
    types.sort_unstable();
    types.dedup();
    Some(types)
}
