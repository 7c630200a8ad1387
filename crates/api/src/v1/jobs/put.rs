//! `PUT /v1/boards/{id}/jobs/by-external-id/{external_id}`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use hearback_ledger::{JobDetails, Versioned};

use super::{
    Job,
    create::created,
    set::{SetJob, changed},
};
use crate::{
    auth::Recruiter,
    body::Body,
    condition,
    fields::Fields,
    path,
    problem::{Missing, Problem},
    refusals::Putting,
    schema,
    server::Server,
    upsert,
};

/// Make or change a job by your own id for it
///
/// Made and open if there is none with this id on the board, else all of it replaced: sending it again changes nothing. With
/// `If-None-Match: *` it is only made, with `If-Match` only changed.
#[utoipa::path(
    put,
    path = "/v1/boards/{id}/jobs/by-external-id/{external_id}",
    operation_id = "putJob",
    tag = "jobs",
    security(("secret_key" = [])),
    params(
        ("id" = schema::BoardId, Path, description = "The board's id."),
        ("external_id" = String, Path, description = "Your own id for the job.", max_length = 200, min_length = 1),
    ),
    request_body = SetJob,
    responses(
        (status = 200, description = "The job was there, and is like this now.", body = Job),
        (status = 201, description = "The job is on record and takes applications.", body = Job, headers(("Location" = String, description = "Its path."))),
        Putting,
    ),
)]
pub(crate) async fn put(server: Data<Server>, recruiter: Recruiter, request: HttpRequest, body: Body) -> Result<HttpResponse, Problem> {
    let board = recruiter.board(&server, path::id(&request, Missing::Board)?).await?.id;
    let external_id = path::external_id(&request, Missing::Job)?;
    let details = body.json::<SetJob>()?;
    let mut fields = Fields::default();
    fields.same_id(&external_id, details.external_id.as_ref());
    if !fields.is_empty() {
        return Err(Problem::InvalidBody(fields));
    }
    let details = JobDetails { external_id: Some(external_id.clone()), ..details };
    let find = async || Ok(server.ledger.job_by_external_id(board, &external_id).await?);
    let change = async |job: hearback_ledger::Job| {
        recruiter.in_earnest()?;
        let record = async || Ok(Job::from(recruiter.job(&server, job.id).await?));
        condition::if_given(&server, &request, Versioned::Job(job.id), record).await?;
        changed(&server, job.id, &details).await
    };
    let make = async || created(&server, board, details.clone()).await;
    upsert::put(&request, find, change, make).await
}
