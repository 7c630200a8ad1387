//! `GET /v1/applications`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use hearback_domain::{conversation::ReplyWaiting, ids::ApplicationId, one_line::one_line};
use hearback_ledger::ApplicationFilter;
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;

use super::Application;
use crate::{
    auth::Recruiter,
    body::{Request, from_query, understood},
    fields::{Fields, time},
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
pub(crate) struct ListApplications {
    /// Only those for jobs on this board.
    #[param(value_type = Option<schema::BoardId>)]
    board_id: Option<String>,
    /// Only those for this job.
    #[param(value_type = Option<schema::JobId>)]
    job_id: Option<String>,
    /// Only those with this id of your own.
    #[param(max_length = 200)]
    external_id: Option<String>,
    /// Only those of this status.
    #[param(value_type = Option<schema::Status>)]
    status: Option<String>,
    /// Only those at this stage.
    #[param(value_type = Option<schema::Stage>)]
    stage: Option<String>,
    /// Only those of this address, whatever the case of its letters.
    #[param(format = Email)]
    email: Option<String>,
    /// Only those that changed after this time. To miss nothing, go a minute back, or read `/v1/events`.
    #[param(format = DateTime)]
    updated_after: Option<String>,
    /// `true`: only those with something from the applicant that waits for an answer. `false`: only those without.
    #[param(value_type = Option<bool>)]
    reply_waiting: Option<String>,
    /// `next_cursor` of the part before.
    cursor: Option<String>,
    #[param(value_type = Option<u64>, minimum = 1, maximum = 200, default = 50)]
    limit: Option<String>,
}

impl Request for ListApplications {
    type Meaning = (ApplicationFilter, Part<ApplicationId>);

    fn read(self, fields: &mut Fields) -> Option<Self::Meaning> {
        let Self { board_id, job_id, external_id, status, stage, email, updated_after, reply_waiting, cursor, limit } = self;
        let board = fields.optional("board_id", board_id, str::parse);
        let job = fields.optional("job_id", job_id, str::parse);
        let external_id = fields.optional("external_id", external_id, |text| one_line(text, EXTERNAL_ID_MOST));
        let status = fields.optional("status", status, str::parse);
        let stage = fields.optional("stage", stage, str::parse);
        let email = fields.optional("email", email, str::parse);
        let updated_after = fields.optional("updated_after", updated_after, time);
        let reply_waiting = fields.optional("reply_waiting", reply_waiting, str::parse::<ReplyWaiting>);
        let part = Part::read(fields, cursor, limit);
        // Which key asks decides the last one.
        let filter = ApplicationFilter {
            board: board?,
            job: job?,
            external_id: external_id?,
            status: status?,
            stage: stage?,
            email: email?,
            updated_after: updated_after?,
            is_test: None,
            reply_waiting: reply_waiting?.map(|waiting| waiting == ReplyWaiting::Yes),
        };
        Some((filter, part?))
    }
}

/// List applications
#[utoipa::path(
    get,
    path = "/v1/applications",
    operation_id = "listApplications",
    tag = "applications",
    security(("secret_key" = [])),
    params(ListApplications),
    responses(
        (
            status = 200, body = List<Application>,
            description = "Those that the key may see, in the order in which they came in. A test key sees what test keys submitted.",
            headers(("Link" = String, description = "The next part, as `rel=\"next\"`.")),
        ),
        Listing,
    ),
)]
pub(crate) async fn list(server: Data<Server>, recruiter: Recruiter, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let (query, fields) = from_query::<ListApplications>(request.query_string().as_bytes());
    let (mut filter, part) = understood(query, fields).map_err(Problem::InvalidQuery)?;
    filter.board = recruiter.narrowed(filter.board)?;
    filter.is_test = recruiter.is_test();
    let applications = server.ledger.applications(&filter, part.page()).await?;
    Ok(part.respond::<_, Application>(&server, &request, applications, |application| application.id))
}
