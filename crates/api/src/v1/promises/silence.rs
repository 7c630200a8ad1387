//! `GET /v1/promises/silence`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use chrono::{DateTime, Utc};
use hearback_domain::ids::{ApplicationId, InvalidId};
use hearback_ledger::{InSilence, ReportFilter, SilenceCursor};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::{
    auth::Recruiter,
    body::{Request, from_query, understood},
    fields::{FieldCode, Fields, OutOfRange},
    problem::Problem,
    refusals::Listing,
    schema,
    server::Server,
};

const DEFAULT: u64 = 50;
const MOST: u64 = 200;

#[derive(Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListSilence {
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

impl Request for ListSilence {
    type Meaning = (ReportFilter, Option<SilenceCursor>, u64);

    fn read(self, fields: &mut Fields) -> Option<Self::Meaning> {
        let Self { board_id, job_id, cursor, limit } = self;
        let board = fields.optional("board_id", board_id, str::parse);
        let job = fields.optional("job_id", job_id, str::parse);
        let after = match cursor.map(|text| read_cursor(&text)) {
            None => Some(None),
            Some(Some(cursor)) => Some(Some(cursor)),
            Some(None) => {
                fields.refuse("cursor", FieldCode::InvalidId, "must be the `next_cursor` of an answer".to_owned());
                None
            }
        };
        let limit =
            fields.optional("limit", limit, |text| text.parse().ok().filter(|limit| (1..=MOST).contains(limit)).ok_or(OutOfRange(1, MOST)));
        Some((ReportFilter { board: board?, job: job?, ..ReportFilter::default() }, after?, limit?.unwrap_or(DEFAULT)))
    }
}

/// An applicant in silence.
#[derive(Serialize, ToSchema)]
pub(crate) struct Silent {
    #[schema(value_type = schema::ApplicationId)]
    application_id: String,
    #[schema(value_type = schema::JobId)]
    job_id: String,
    job_title: String,
    /// When they were last told anything, or applied.
    since: DateTime<Utc>,
    /// When the missing word was due.
    due_at: DateTime<Utc>,
    /// The word that is missing.
    #[schema(value_type = schema::NotificationKind)]
    kind: &'static str,
    /// The message that is not out; `null` if none is owed yet.
    #[schema(required, value_type = Option<schema::NotificationId>)]
    notification_id: Option<String>,
    #[schema(required, value_type = Option<schema::NotificationState>)]
    state: Option<&'static str>,
}

/// A part of the list.
#[derive(Serialize, ToSchema)]
pub(crate) struct SilenceList {
    items: Vec<Silent>,
    /// Asks for the next part, as `cursor`; `null` in the last one.
    #[schema(required)]
    next_cursor: Option<String>,
}

impl From<hearback_ledger::Silent> for Silent {
    fn from(silent: hearback_ledger::Silent) -> Self {
        let hearback_ledger::Silent { application, job, job_title, since, due_at, why } = silent;
        let (kind, notification_id, state) = match why {
            InSilence::Message { id, kind, state } => (kind, Some(id.to_string()), Some(state.as_str())),
            InSilence::NoWord(kind) => (kind, None, None),
        };
        let (application_id, job_id) = (application.to_string(), job.to_string());
        Self { application_id, job_id, job_title, since, due_at, kind: kind.as_str(), notification_id, state }
    }
}

/// List everyone in silence
///
/// Everybody who waits for a word that should be there, whoever's fault it is: overdue, held, refused by their address, or come back.
/// Whoever has heard nothing for longest comes first.
#[utoipa::path(
    get,
    path = "/v1/promises/silence",
    operation_id = "listSilence",
    tag = "promises",
    security(("secret_key" = [])),
    params(ListSilence),
    responses((status = 200, description = "Those whom the key may see. An empty list is the aim.", body = SilenceList), Listing),
)]
pub(crate) async fn list(server: Data<Server>, recruiter: Recruiter, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let (query, fields) = from_query::<ListSilence>(request.query_string().as_bytes());
    let (mut filter, after, limit) = understood(query, fields).map_err(Problem::InvalidQuery)?;
    filter.board = recruiter.narrowed(filter.board)?;
    filter.is_test = recruiter.is_test().unwrap_or(false);
    // One more than is shown tells whether there are more.
    let mut found = server.ledger.in_silence(&filter, after, limit + 1).await?;
    let more = found.len() as u64 > limit;
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next_cursor = found.last().filter(|_| more).map(|last| format!("{}.{}", last.since.timestamp_micros(), last.application));
    Ok(HttpResponse::Ok().json(SilenceList { items: found.into_iter().map(Silent::from).collect(), next_cursor }))
}

fn read_cursor(text: &str) -> Option<SilenceCursor> {
    let (since, application) = text.split_once('.')?;
    let application: Result<ApplicationId, InvalidId> = application.parse();
    Some(SilenceCursor { since: DateTime::from_timestamp_micros(since.parse().ok()?)?, application: application.ok()? })
}
