//! `GET /v1/events`

use actix_web::{HttpRequest, HttpResponse, http::header, web::Data};
use hearback_ledger::{EventCursor, Feed, FeedEvent};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::{
    auth::Recruiter,
    body::{Request, from_query, understood},
    fields::{Fields, OutOfRange},
    pagination::next_link_from,
    problem::Problem,
    refusals::Feeding,
    schema,
    server::Server,
    v1::applications::Event,
};

const DEFAULT: u64 = 200;
const MOST: u64 = 1_000;

#[derive(serde::Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListEvents {
    /// `next_after` of the answer before; without, from the beginning.
    after: Option<String>,
    #[param(value_type = Option<u64>, minimum = 1, maximum = 1000, default = 200)]
    limit: Option<String>,
}

impl Request for ListEvents {
    type Meaning = (EventCursor, u64);

    fn read(self, fields: &mut Fields) -> Option<Self::Meaning> {
        let Self { after, limit } = self;
        let after = fields.optional("after", after, str::parse::<EventCursor>);
        let limit =
            fields.optional("limit", limit, |text| text.parse().ok().filter(|limit| (1..=MOST).contains(limit)).ok_or(OutOfRange(1, MOST)));
        Some((after?.unwrap_or_default(), limit?.unwrap_or(DEFAULT)))
    }
}

/// Something that happened, and what it happened to.
#[derive(Serialize, ToSchema)]
pub(crate) struct Happened {
    #[schema(value_type = schema::ApplicationId)]
    application_id: String,
    #[schema(value_type = schema::JobId)]
    job_id: String,
    #[serde(flatten)]
    event: Event,
}

/// A part of everything that happened.
#[derive(Serialize, ToSchema)]
pub(crate) struct EventFeed {
    items: Vec<Happened>,
    /// Ask for what comes after it, as `after`, now or later: nothing is passed over.
    next_after: String,
    /// Whether there is more right now.
    more: bool,
}

/// Read what happened
///
/// Every event, in the order in which it became visible: whoever keeps `next_after` and asks again later gets each once, also one whose
/// transaction took its time. A part may have fewer events than `limit`, even none, while `more` is true.
#[utoipa::path(
    get,
    path = "/v1/events",
    operation_id = "listEvents",
    tag = "events",
    security(("secret_key" = [])),
    params(ListEvents),
    responses(
        (
            status = 200, body = EventFeed,
            description = "Those that the key may see. A test key sees what happened to applications that test keys submitted.",
            headers(("Link" = String, description = "The next part, as `rel=\"next\"`, while there is more.")),
        ),
        Feeding,
    ),
)]
pub(crate) async fn list(server: Data<Server>, recruiter: Recruiter, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let (query, fields) = from_query::<ListEvents>(request.query_string().as_bytes());
    let (after, limit) = understood(query, fields).map_err(Problem::InvalidQuery)?;
    let Feed { items, next, more } = server.ledger.feed(after, limit, recruiter.narrowed(None)?, recruiter.is_test()).await?;
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    if more {
        let link = next_link_from(&server.base, request.path(), request.query_string(), "after", &next.to_string());
        response.insert_header((header::LINK, link));
    }
    Ok(response.json(EventFeed { items: items.into_iter().map(Happened::from).collect(), next_after: next.to_string(), more }))
}

impl From<FeedEvent> for Happened {
    fn from(happened: FeedEvent) -> Self {
        let FeedEvent { event, application, job } = happened;
        Self { application_id: application.to_string(), job_id: job.to_string(), event: Event::from(event) }
    }
}
