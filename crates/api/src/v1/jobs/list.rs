//! `GET /v1/jobs`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use hearback_domain::{
    ids::{BoardId, JobId},
    one_line::one_line,
};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;

use super::Job;
use crate::{
    auth::Recruiter,
    body::{Request, from_query, understood},
    fields::Fields,
    pagination::{List, Part},
    path::EXTERNAL_ID_MOST,
    problem::Problem,
    refusals::Listing,
    schema,
    server::Server,
};

#[derive(Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListJobs {
    /// Only those on this board.
    #[param(value_type = Option<schema::BoardId>)]
    board_id: Option<String>,
    /// Only those with this id of your own: one a board.
    #[param(max_length = 200)]
    external_id: Option<String>,
    /// `next_cursor` of the part before.
    cursor: Option<String>,
    #[param(value_type = Option<u64>, minimum = 1, maximum = 200, default = 50)]
    limit: Option<String>,
}

impl Request for ListJobs {
    type Meaning = (Option<BoardId>, Option<String>, Part<JobId>);

    fn read(self, fields: &mut Fields) -> Option<Self::Meaning> {
        let Self { board_id, external_id, cursor, limit } = self;
        let board = fields.optional("board_id", board_id, str::parse);
        let external_id = fields.optional("external_id", external_id, |text| one_line(text, EXTERNAL_ID_MOST));
        let part = Part::read(fields, cursor, limit);
        Some((board?, external_id?, part?))
    }
}

/// List the jobs
#[utoipa::path(
    get,
    path = "/v1/jobs",
    operation_id = "listJobs",
    tag = "jobs",
    security(("secret_key" = [])),
    params(ListJobs),
    responses(
        (status = 200, description = "Those that the key may see, oldest first.", body = List<Job>, headers(("Link" = String, description = "The next part, as `rel=\"next\"`."))),
        Listing,
    ),
)]
pub(crate) async fn list(server: Data<Server>, recruiter: Recruiter, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let (query, fields) = from_query::<ListJobs>(request.query_string().as_bytes());
    let (board, external_id, part) = understood(query, fields).map_err(Problem::InvalidQuery)?;
    let board = recruiter.narrowed(board)?;
    let jobs = match external_id {
        Some(external_id) => server.ledger.jobs_with_external_id(&external_id, board, part.page()).await?,
        None => server.ledger.jobs(board, part.page()).await?,
    };
    Ok(part.respond::<_, Job>(&server, &request, jobs, |job| job.id))
}
