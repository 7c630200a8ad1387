//! `GET /v1/operations/{id}/items`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use chrono::{DateTime, Utc};
use hearback_domain::{bulk::ItemState, ids::ApplicationId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::{
    auth::Recruiter,
    body::{Request, from_query, understood},
    fields::Fields,
    pagination::{List, Part},
    path,
    problem::{Missing, Problem},
    refusals::Listing,
    schema,
    server::Server,
};

#[derive(Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListItems {
    /// Only those of which this became: `failed` are those that a person has to look at.
    #[param(value_type = Option<schema::ItemState>)]
    state: Option<String>,
    /// `next_cursor` of the part before.
    cursor: Option<String>,
    #[param(value_type = Option<u64>, minimum = 1, maximum = 200, default = 50)]
    limit: Option<String>,
}

/// What an operation did to one application.
#[derive(Serialize, ToSchema)]
#[schema(as = OperationItem)]
pub(crate) struct Item {
    #[schema(value_type = schema::ApplicationId)]
    application_id: String,
    #[schema(value_type = schema::ItemState)]
    state: &'static str,
    /// Why there is no message, or why nothing was done; `correction` where the applicant had been told, and is told again.
    #[schema(required)]
    reason: Option<String>,
    at: DateTime<Utc>,
}

impl Request for ListItems {
    type Meaning = (Option<ItemState>, Part<ApplicationId>);

    fn read(self, fields: &mut Fields) -> Option<Self::Meaning> {
        let Self { state, cursor, limit } = self;
        let state = fields.optional("state", state, str::parse);
        let part = Part::read(fields, cursor, limit);
        Some((state?, part?))
    }
}

impl From<hearback_ledger::Item> for Item {
    fn from(item: hearback_ledger::Item) -> Self {
        let hearback_ledger::Item { application, state, reason, at } = item;
        Self { application_id: application.to_string(), state: state.as_str(), reason, at }
    }
}

/// See what it did to each application
#[utoipa::path(
    get,
    path = "/v1/operations/{id}/items",
    operation_id = "listOperationItems",
    tag = "operations",
    security(("secret_key" = [])),
    params(("id" = schema::OperationId, Path, description = "The operation's id."), ListItems),
    responses(
        (
            status = 200, body = List<Item>, description = "Those that it has dealt with so far.",
            headers(("Link" = String, description = "The next part, as `rel=\"next\"`.")),
        ),
        Listing,
    ),
)]
pub(crate) async fn items(server: Data<Server>, recruiter: Recruiter, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let id = path::id(&request, Missing::Operation)?;
    let (query, fields) = from_query::<ListItems>(request.query_string().as_bytes());
    let (state, part) = understood(query, fields).map_err(Problem::InvalidQuery)?;
    let operation = recruiter.operation(&server, id).await?;
    let items = server.ledger.operation_items(operation.id, state, part.page()).await?;
    Ok(part.respond::<_, Item>(&server, &request, items, |item| item.application))
}
