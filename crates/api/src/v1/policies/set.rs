//! `PUT /v1/boards/{id}/policy`, `PUT /v1/jobs/{id}/policy`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use hearback_ledger::{Versioned, WhosePolicy};

use super::{
    Record,
    given::{NewPolicy, Policy},
    record, refused,
};
use crate::{
    auth::Recruiter,
    body::Body,
    condition,
    problem::{Missing, Problem},
    refusals::SettingPolicy,
    schema,
    server::Server,
};

/// Set what a board promises otherwise
///
/// Replaces all of it. What is owed to applicants already is derived again by a worker: see `last_change`, and ask `policy/preview` first
/// what would change for whom. A date that an applicant was told stays the latest.
#[utoipa::path(
    put,
    path = "/v1/boards/{id}/policy",
    operation_id = "setBoardPolicy",
    tag = "boards",
    security(("secret_key" = [])),
    params(("id" = schema::BoardId, Path, description = "The board's id.")),
    request_body = Policy,
    responses((status = 200, description = "Its policy as it is now.", body = Record), SettingPolicy),
)]
pub(crate) async fn of_board(
    server: Data<Server>,
    recruiter: Recruiter,
    request: HttpRequest,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let whose = super::board(&server, &recruiter, &request).await?;
    set(&server, &recruiter, &request, whose, body).await
}

/// Set what a job promises otherwise
///
/// Replaces all of it. What is owed to applicants already is derived again by a worker: see `last_change`, and ask `policy/preview` first
/// what would change for whom. A date that an applicant was told stays the latest.
#[utoipa::path(
    put,
    path = "/v1/jobs/{id}/policy",
    operation_id = "setJobPolicy",
    tag = "jobs",
    security(("secret_key" = [])),
    params(("id" = schema::JobId, Path, description = "The job's id.")),
    request_body = Policy,
    responses((status = 200, description = "Its policy as it is now.", body = Record), SettingPolicy),
)]
pub(crate) async fn of_job(server: Data<Server>, recruiter: Recruiter, request: HttpRequest, body: Body) -> Result<HttpResponse, Problem> {
    let whose = super::job(&server, &recruiter, &request).await?;
    set(&server, &recruiter, &request, whose, body).await
}

/// What is promised is decided for everybody who applies, now and later.
async fn set(
    server: &Server,
    recruiter: &Recruiter,
    request: &HttpRequest,
    whose: WhosePolicy,
    body: Body,
) -> Result<HttpResponse, Problem> {
    recruiter.administers()?;
    recruiter.in_earnest()?;
    let of = match whose {
        WhosePolicy::Organisation => return Err(Problem::NotFound(Missing::Path)),
        WhosePolicy::Board(board) => Versioned::Board(board),
        WhosePolicy::Job(job) => Versioned::Job(job),
    };
    condition::demanded(server, request, of, async || record(server, whose).await).await?;
    let policy = body.json::<NewPolicy>()?;
    let record = server.ledger.set_policy(whose, &policy, &recruiter.actor).await.map_err(|error| refused(error, whose, &[]))?;
    Ok(HttpResponse::Ok().json(Record::from(record)))
}
