//! `PUT /v1/jobs/{id}`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use hearback_domain::{ids::JobId, one_line::one_line};
use hearback_ledger::{JobDetails, Versioned};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use super::Job;
use crate::{
    auth::Recruiter,
    body::{Body, Request},
    condition,
    fields::{Fields, time_zone},
    path,
    problem::{Missing, Problem},
    refusals::Setting,
    schema,
    server::Server,
};

/// What a job is to be like. It stays on its board, and open or closed.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "title": "Nurse", "owner": "owner@example.com" }))]
pub(crate) struct SetJob {
    /// Your own id for it; unique on its board.
    #[validate(length(max = 200))]
    #[schema(max_length = 200)]
    external_id: Option<String>,
    /// As applicants know it.
    #[schema(value_type = String, max_length = 200)]
    title: Option<String>,
    /// Who is asked to act when an applicant waits for a person.
    #[schema(value_type = String, format = Email)]
    owner: Option<String>,
    /// Who is asked when the owner did not act.
    #[schema(format = Email)]
    manager: Option<String>,
    /// Where applicants for this job live, if not where the board says (IANA).
    #[schema(example = "Europe/Berlin")]
    time_zone: Option<String>,
}

impl Request for SetJob {
    type Meaning = JobDetails;

    fn read(self, fields: &mut Fields) -> Option<JobDetails> {
        let Self { external_id, title, owner, manager, time_zone: zone } = self;
        let external_id = fields.optional("external_id", external_id, |text| one_line(text, path::EXTERNAL_ID_MOST));
        let title = fields.required("title", title, |text| one_line(text, 200));
        let owner = fields.required("owner", owner, str::parse);
        let manager = fields.optional("manager", manager, str::parse);
        let time_zone = fields.optional("time_zone", zone, time_zone);
        Some(JobDetails { external_id: external_id?, title: title?, owner: owner?, manager: manager?, time_zone: time_zone? })
    }
}

/// Change a job
///
/// Replaces all of it. Messages that are not out yet go out with its new title.
#[utoipa::path(
    put,
    path = "/v1/jobs/{id}",
    operation_id = "setJob",
    tag = "jobs",
    security(("secret_key" = [])),
    params(("id" = schema::JobId, Path, description = "The job's id.")),
    request_body = SetJob,
    responses((status = 200, description = "The job as it is now.", body = Job), Setting),
)]
pub(crate) async fn set(server: Data<Server>, recruiter: Recruiter, request: HttpRequest, body: Body) -> Result<HttpResponse, Problem> {
    recruiter.in_earnest()?;
    let id = recruiter.job(&server, path::id(&request, Missing::Job)?).await?.id;
    let record = async || Ok(Job::from(recruiter.job(&server, id).await?));
    condition::demanded(&server, &request, Versioned::Job(id), record).await?;
    let details = body.json::<SetJob>()?;
    changed(&server, id, &details).await
}

pub(super) async fn changed(server: &Server, id: JobId, details: &JobDetails) -> Result<HttpResponse, Problem> {
    let job = server.ledger.set_job(id, details).await?.ok_or(Problem::NotFound(Missing::Job))?;
    Ok(HttpResponse::Ok().json(Job::from(job)))
}
