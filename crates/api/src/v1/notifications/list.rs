//! `GET /v1/notifications`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use hearback_domain::ids::NotificationId;
use hearback_ledger::OutboxFilter;
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;

use super::Message;
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
pub(crate) struct ListMessages {
    /// Only those in this state. Without it: all that are neither sent nor cancelled.
    #[param(value_type = Option<schema::NotificationState>)]
    state: Option<String>,
    /// Only those of this kind.
    #[param(value_type = Option<schema::NotificationKind>)]
    kind: Option<String>,
    /// Only those for jobs on this board.
    #[param(value_type = Option<schema::BoardId>)]
    board_id: Option<String>,
    /// Only those for this job.
    #[param(value_type = Option<schema::JobId>)]
    job_id: Option<String>,
    /// `next_cursor` of the part before.
    cursor: Option<String>,
    #[param(value_type = Option<u64>, minimum = 1, maximum = 200, default = 50)]
    limit: Option<String>,
}

impl Request for ListMessages {
    type Meaning = (OutboxFilter, Part<NotificationId>);

    fn read(self, fields: &mut Fields) -> Option<Self::Meaning> {
        let Self { state, kind, board_id, job_id, cursor, limit } = self;
        let state = fields.optional("state", state, str::parse);
        let kind = fields.optional("kind", kind, str::parse);
        let board = fields.optional("board_id", board_id, str::parse);
        let job = fields.optional("job_id", job_id, str::parse);
        let part = Part::read(fields, cursor, limit);
        // Which key asks decides the last one.
        Some((OutboxFilter { state: state?, kind: kind?, board: board?, job: job?, is_test: None }, part?))
    }
}

/// List messages
#[utoipa::path(
    get,
    path = "/v1/notifications",
    operation_id = "listMessages",
    tag = "outbox",
    security(("secret_key" = [])),
    params(ListMessages),
    responses(
        (
            status = 200, body = List<Message>,
            description = "Those that the key may see; the one that is due last comes first. A test key sees those of applications that test keys submitted.",
            headers(("Link" = String, description = "The next part, as `rel=\"next\"`.")),
        ),
        Listing,
    ),
)]
pub(crate) async fn list(server: Data<Server>, recruiter: Recruiter, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let (query, fields) = from_query::<ListMessages>(request.query_string().as_bytes());
    let (mut filter, part) = understood(query, fields).map_err(Problem::InvalidQuery)?;
    filter.board = recruiter.narrowed(filter.board)?;
    filter.is_test = recruiter.is_test();
    let messages = server.ledger.outbox(&filter, part.page()).await?;
    Ok(part.respond::<_, Message>(&server, &request, messages, |message| message.id))
}
