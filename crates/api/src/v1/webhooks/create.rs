//! `POST /v1/webhook-endpoints`

use actix_web::{HttpResponse, http::header, web::Data};
use hearback_domain::ids::BoardId;
use hearback_ledger::{EndpointDetails, NewEndpoint};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use super::{Made, let_out, types, url};
use crate::{
    auth::Recruiter,
    body::{Body, Request},
    fields::{FieldCode, Fields},
    problem::{Missing, Problem},
    refusals::CreatingEndpoint,
    schema,
    server::Server,
};

/// An endpoint to be made.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "url": "https://hooks.example.com/hearback", "types": ["application.submitted", "message.sent"] }))]
pub(crate) struct NewWebhookEndpoint {
    /// `https`, to an address of the internet at large.
    #[schema(value_type = String, format = "uri", max_length = 2_000)]
    url: Option<String>,
    /// What it gets; everything, if this is left out or empty.
    #[schema(value_type = Option<Vec<schema::WebhookType>>)]
    types: Option<Vec<String>>,
    /// The one board whose events it gets; without it, all that the key is for.
    #[schema(value_type = Option<schema::BoardId>)]
    board_id: Option<String>,
}

impl Request for NewWebhookEndpoint {
    type Meaning = (Option<BoardId>, EndpointDetails);

    fn read(self, fields: &mut Fields) -> Option<Self::Meaning> {
        let Self { url: text, types: words, board_id } = self;
        let text = fields.required("url", text, url);
        let types = types(fields, words);
        let board = fields.optional("board_id", board_id, str::parse);
        Some((board?, EndpointDetails { url: text?, types: types?, is_enabled: true }))
    }
}

/// Make a webhook endpoint
///
/// It gets what happens from now on, signed as Standard Webhooks describe it. With a test key: what happens to applications that came in by
/// test keys, and nothing else. Its secret is in this answer and in no other.
#[utoipa::path(
    post,
    path = "/v1/webhook-endpoints",
    operation_id = "createWebhookEndpoint",
    tag = "webhooks",
    security(("secret_key" = [])),
    request_body = NewWebhookEndpoint,
    responses(
        (status = 201, description = "The endpoint is on record.", body = Made, headers(("Location" = String, description = "Its path."))),
        CreatingEndpoint,
    ),
)]
pub(crate) async fn create(server: Data<Server>, recruiter: Recruiter, body: Body) -> Result<HttpResponse, Problem> {
    recruiter.administers()?;
    let (asked, details) = body.json::<NewWebhookEndpoint>()?;
    let_out(&server, &details.url)?;
    let board = match (asked, recruiter.narrowed(asked)) {
        (Some(board), Ok(_)) => Some(recruiter.board(&server, board).await.map_err(no_such_board)?.id),
        (_, narrowed) => narrowed.map_err(no_such_board)?,
    };
    let new = NewEndpoint { board, is_test: recruiter.is_test().is_some(), details };
    let (endpoint, secret) = server.ledger.create_webhook_endpoint(new).await?;
    let location = format!("/v1/webhook-endpoints/{}", endpoint.id);
    let made = Made { endpoint: endpoint.into(), secret: secret.reveal() };
    Ok(HttpResponse::Created().insert_header((header::LOCATION, location)).insert_header((header::CACHE_CONTROL, "no-store")).json(made))
}

fn no_such_board(problem: Problem) -> Problem {
    if !matches!(problem, Problem::NotFound(Missing::Board)) {
        return problem;
    }
    let mut fields = Fields::default();
    fields.refuse("board_id", FieldCode::NotFound, "there is no such board".to_owned());
    Problem::InvalidBody(fields)
}
