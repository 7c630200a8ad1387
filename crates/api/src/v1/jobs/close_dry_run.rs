//! `POST /v1/jobs/{id}/close/dry-run`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use hearback_ledger::{Begin, Closing, Spec};

use super::close::Close;
use crate::{
    auth::Recruiter,
    body::Body,
    path,
    problem::{Missing, Problem},
    refusals::Trying,
    schema,
    server::Server,
    v1::operations::{DryRun, PartQuery, try_out},
};

/// See what closing a job would mean for each applicant
///
/// The same body as for the closing. Nothing is changed.
#[utoipa::path(
    post,
    path = "/v1/jobs/{id}/close/dry-run",
    operation_id = "tryClosingJob",
    tag = "jobs",
    security(("secret_key" = [])),
    params(("id" = schema::JobId, Path, description = "The job's id."), PartQuery),
    request_body = Close,
    responses((status = 200, description = "Who gets what and when, and who gets nothing and why.", body = DryRun), Trying),
)]
pub(crate) async fn dry_run(server: Data<Server>, recruiter: Recruiter, request: HttpRequest, body: Body) -> Result<HttpResponse, Problem> {
    recruiter.in_earnest()?;
    let job = recruiter.job(&server, path::id(&request, Missing::Job)?).await?;
    let Closing { words, named, archive: _, confirmation: _ } = body.json::<Close>()?;
    let spec = Spec::closing(job.id, words, named);
    let begin = Begin { spec: &spec, confirmation: None, board: Some(job.board), is_test: false, actor: &recruiter.actor };
    try_out(&server, &request, begin).await
}
