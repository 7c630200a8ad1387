//! `GET /v1/keys`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use hearback_domain::ids::ApiKeyId;
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;

use super::Key;
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
pub(crate) struct ListKeys {
    /// `next_cursor` of the part before.
    cursor: Option<String>,
    #[param(value_type = Option<u64>, minimum = 1, maximum = 200, default = 50)]
    limit: Option<String>,
}

impl Request for ListKeys {
    type Meaning = Part<ApiKeyId>;

    fn read(self, fields: &mut Fields) -> Option<Self::Meaning> {
        let Self { cursor, limit } = self;
        Part::read(fields, cursor, limit)
    }
}

/// List keys
#[utoipa::path(
    get,
    path = "/v1/keys",
    operation_id = "listKeys",
    tag = "keys",
    security(("secret_key" = [])),
    params(ListKeys),
    responses(
        (
            status = 200, body = List<Key>,
            description = "Those that the key may see, in the order in which they were made; also those that do not work any more.",
            headers(("Link" = String, description = "The next part, as `rel=\"next\"`.")),
        ),
        Listing,
    ),
)]
pub(crate) async fn list(server: Data<Server>, recruiter: Recruiter, request: HttpRequest) -> Result<HttpResponse, Problem> {
    recruiter.administers()?;
    let (query, fields) = from_query::<ListKeys>(request.query_string().as_bytes());
    let part = understood(query, fields).map_err(Problem::InvalidQuery)?;
    let keys = server.ledger.api_keys(recruiter.narrowed(None)?, recruiter.is_test(), part.page()).await?;
    Ok(part.respond::<_, Key>(&server, &request, keys, |key| key.id))
}
