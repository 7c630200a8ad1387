//! `GET /v1/operations`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use hearback_domain::ids::OperationId;
use hearback_ledger::OperationFilter;
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;

use super::Operation;
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
pub(crate) struct ListOperations {
    /// Only those for this job.
    #[param(value_type = Option<schema::JobId>)]
    job_id: Option<String>,
    /// `next_cursor` of the part before.
    cursor: Option<String>,
    #[param(value_type = Option<u64>, minimum = 1, maximum = 200, default = 50)]
    limit: Option<String>,
}

impl Request for ListOperations {
    type Meaning = (OperationFilter, Part<OperationId>);

    fn read(self, fields: &mut Fields) -> Option<Self::Meaning> {
        let Self { job_id, cursor, limit } = self;
        let job = fields.optional("job_id", job_id, str::parse);
        let part = Part::read(fields, cursor, limit);
        // Which key asks decides the others.
        Some((OperationFilter { job: job?, board: None, is_test: None }, part?))
    }
}

/// List what was done to many applications
#[utoipa::path(
    get,
    path = "/v1/operations",
    operation_id = "listOperations",
    tag = "operations",
    security(("secret_key" = [])),
    params(ListOperations),
    responses(
        (
            status = 200, body = List<Operation>, description = "Those that the key may see, the latest first.",
            headers(("Link" = String, description = "The next part, as `rel=\"next\"`.")),
        ),
        Listing,
    ),
)]
pub(crate) async fn list(server: Data<Server>, recruiter: Recruiter, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let (query, fields) = from_query::<ListOperations>(request.query_string().as_bytes());
    let (mut filter, part) = understood(query, fields).map_err(Problem::InvalidQuery)?;
    filter.board = recruiter.narrowed(None)?;
    filter.is_test = recruiter.is_test();
    let operations = server.ledger.operations(filter, part.page()).await?;
    Ok(part.respond::<_, Operation>(&server, &request, operations, |operation| operation.id))
}
