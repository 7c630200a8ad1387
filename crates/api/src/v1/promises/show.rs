//! `GET /v1/promises`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use chrono::{DateTime, Utc};
use hearback_domain::UnknownWord;
use hearback_ledger::{GroupKey, Report, ReportBy, ReportFilter, ReportGroup};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::figures::Figures;
use crate::{
    auth::Recruiter,
    body::{Request, from_query, understood},
    fields::{Fields, time},
    problem::Problem,
    refusals::Listing,
    schema,
    server::Server,
};

#[derive(Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CountPromises {
    /// Only applications put on record at or after this time.
    #[param(value_type = Option<DateTime<Utc>>)]
    from: Option<String>,
    /// Only applications put on record before this time.
    #[param(value_type = Option<DateTime<Utc>>)]
    until: Option<String>,
    /// Only those for jobs on this board.
    #[param(value_type = Option<schema::BoardId>)]
    board_id: Option<String>,
    /// Only those for this job.
    #[param(value_type = Option<schema::JobId>)]
    job_id: Option<String>,
    /// What the groups are: `job`, or `month` of the application (UTC).
    #[param(default = "job", pattern = "^(job|month)$")]
    by: Option<String>,
}

impl Request for CountPromises {
    type Meaning = (ReportFilter, ReportBy);

    fn read(self, fields: &mut Fields) -> Option<Self::Meaning> {
        let Self { from, until, board_id, job_id, by } = self;
        let from = fields.optional("from", from, time);
        let until = fields.optional("until", until, time);
        let board = fields.optional("board_id", board_id, str::parse);
        let job = fields.optional("job_id", job_id, str::parse);
        let by = fields.optional("by", by, grouping);
        // Which key asks decides the last one.
        Some((ReportFilter { board: board?, job: job?, from: from?, until: until?, is_test: false }, by?.unwrap_or_default()))
    }
}

fn grouping(text: &str) -> Result<ReportBy, UnknownWord> {
    match text {
        "job" => Ok(ReportBy::Job),
        "month" => Ok(ReportBy::Month),
        _ => Err(UnknownWord { set: "grouping", given: text.to_owned(), expected: "job, month".to_owned() }),
    }
}

/// How the promises are kept.
#[derive(Serialize, ToSchema)]
pub(crate) struct Promises {
    /// When it was counted.
    at: DateTime<Utc>,
    total: Figures,
    groups: Vec<Group>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = PromiseGroup)]
pub(crate) struct Group {
    /// `null` for a month.
    #[schema(required, value_type = Option<schema::JobId>)]
    job_id: Option<String>,
    #[schema(required)]
    job_title: Option<String>,
    /// As `2026-11`; `null` for a job.
    #[schema(required)]
    month: Option<String>,
    figures: Figures,
}

impl From<ReportGroup> for Group {
    fn from(ReportGroup { key, figures }: ReportGroup) -> Self {
        let figures = figures.into();
        match key {
            GroupKey::Job { id, title } => Self { job_id: Some(id.to_string()), job_title: Some(title), month: None, figures },
            GroupKey::Month(month) => Self { job_id: None, job_title: None, month: Some(month), figures },
        }
    }
}

/// See how the promises are kept
///
/// Counted at this moment, over everything that the key may see. A test key sees what test keys submitted.
#[utoipa::path(
    get,
    path = "/v1/promises",
    operation_id = "readPromises",
    tag = "promises",
    security(("secret_key" = [])),
    params(CountPromises),
    responses((status = 200, description = "The figures: all together, then job by job with those first where somebody has to act, or month by month.", body = Promises), Listing),
)]
pub(crate) async fn show(server: Data<Server>, recruiter: Recruiter, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let (query, fields) = from_query::<CountPromises>(request.query_string().as_bytes());
    let (mut filter, by) = understood(query, fields).map_err(Problem::InvalidQuery)?;
    filter.board = recruiter.narrowed(filter.board)?;
    filter.is_test = recruiter.is_test().unwrap_or(false);
    let Report { at, total, groups } = server.ledger.report(&filter, by).await?;
    let groups = groups.into_iter().map(Group::from).collect();
    Ok(HttpResponse::Ok().json(Promises { at, total: total.into(), groups }))
}
