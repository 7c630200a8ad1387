//! `POST /v1/jobs`

use actix_web::{HttpResponse, http::header, web::Data};
use hearback_domain::{ids::BoardId, one_line::one_line};
use hearback_ledger::JobDetails;
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use super::Job;
use crate::{
    auth::Recruiter,
    body::{Body, Request},
    fields::{Fields, time_zone},
    problem::Problem,
    refusals::Creating,
    schema,
    server::Server,
};

/// A job to be made.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "board_id": "brd_06dkv8y2t5w1r3n9q7c4h0m8zg", "title": "Nurse", "owner": "owner@example.com" }))]
pub(crate) struct NewJob {
    /// The board that it is on.
    #[schema(value_type = schema::BoardId)]
    board_id: Option<String>,
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

impl Request for NewJob {
    type Meaning = (BoardId, JobDetails);

    fn read(self, fields: &mut Fields) -> Option<(BoardId, JobDetails)> {
        let Self { board_id, external_id, title, owner, manager, time_zone: zone } = self;
        let board = fields.required("board_id", board_id, str::parse);
        let external_id = fields.optional("external_id", external_id, |text| one_line(text, 200));
        let title = fields.required("title", title, |text| one_line(text, 200));
        let owner = fields.required("owner", owner, str::parse);
        let manager = fields.optional("manager", manager, str::parse);
        let time_zone = fields.optional("time_zone", zone, time_zone);
        let details = JobDetails { external_id: external_id?, title: title?, owner: owner?, manager: manager?, time_zone: time_zone? };
        Some((board?, details))
    }
}

/// Make a job
#[utoipa::path(
    post,
    path = "/v1/jobs",
    operation_id = "createJob",
    tag = "jobs",
    security(("secret_key" = [])),
    request_body = NewJob,
    responses(
        (status = 201, description = "The job is on record and takes applications.", body = Job, headers(("Location" = String, description = "Its path."))),
        Creating,
    ),
)]
pub(crate) async fn create(server: Data<Server>, recruiter: Recruiter, body: Body) -> Result<HttpResponse, Problem> {
    let (board, details) = body.json::<NewJob>()?;
    if !recruiter.may_see(board) {
        return Err(Problem::no_such_board());
    }
    created(&server, board, details).await
}

pub(super) async fn created(server: &Server, board: BoardId, details: JobDetails) -> Result<HttpResponse, Problem> {
    let job = server.ledger.create_job(board, details).await?;
    let location = format!("/v1/jobs/{}", job.id);
    Ok(HttpResponse::Created().insert_header((header::LOCATION, location)).json(Job::from(job)))
}
