//! `POST /v1/jobs/{id}/close`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use hearback_ledger::{Closing, Versioned};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use super::Job;
use crate::{
    auth::Recruiter,
    body::{Body, Request},
    condition,
    fields::Fields,
    path,
    problem::{Missing, Problem},
    refusals::ClosingJob,
    schema,
    server::Server,
    v1::operations::{self, Operation},
};

/// A job that closes. Everybody who still waits is told after the undo window.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(as = CloseJob, example = json!({ "words": "The position was filled. Thank you for the time that you took." }))]
pub(crate) struct Close {
    /// Your own words to the applicants, as plain text.
    #[validate(length(max = 5_000))]
    #[schema(max_length = 5_000)]
    words: Option<String>,
    /// Who holds an offer, and is rejected all the same. Nobody else with an offer is.
    #[schema(value_type = Option<Vec<schema::ApplicationId>>, max_items = 1_000)]
    named: Option<Vec<String>>,
    /// What the dry run gave, where many people are written to.
    #[validate(length(max = 200))]
    #[schema(max_length = 200)]
    confirmation: Option<String>,
}

impl Request for Close {
    type Meaning = Closing;

    fn read(self, fields: &mut Fields) -> Option<Closing> {
        let Self { words, named, confirmation } = self;
        let words = fields.paragraphs("words", words);
        let named = operations::ids(fields, "named", named.unwrap_or_default());
        Some(Closing { words: words?, named: named?, archive: false, confirmation })
    }
}

/// Close a job
///
/// It takes no more applications from now on, and everybody who still waits for an answer is owed one. More people than `bulk_cap` are
/// written to only with the `confirmation` of the dry run. Closing it again while it is being closed is the same closing.
#[utoipa::path(
    post,
    path = "/v1/jobs/{id}/close",
    operation_id = "closeJob",
    tag = "jobs",
    security(("secret_key" = [])),
    params(("id" = schema::JobId, Path, description = "The job's id.")),
    request_body = Close,
    responses(
        (
            status = 202, description = "The job is closed, and its applicants are being told. `Location` is where to follow it.",
            body = Operation, headers(("Location" = String, description = "Where to follow it.")),
        ),
        ClosingJob,
    ),
)]
pub(crate) async fn close(server: Data<Server>, recruiter: Recruiter, request: HttpRequest, body: Body) -> Result<HttpResponse, Problem> {
    let closing = body.json::<Close>()?;
    close_as(&server, &recruiter, &request, closing).await
}

/// The job of the path, if this recruiter may see it and it is as they saw it.
pub(super) async fn to_change(server: &Server, recruiter: &Recruiter, request: &HttpRequest) -> Result<hearback_ledger::Job, Problem> {
    let job = recruiter.job(server, path::id(request, Missing::Job)?).await?;
    let record = async || Ok(Job::from(recruiter.job(server, job.id).await?));
    condition::if_given(server, request, Versioned::Job(job.id), record).await?;
    Ok(job)
}

pub(super) async fn close_as(
    server: &Server,
    recruiter: &Recruiter,
    request: &HttpRequest,
    closing: Closing,
) -> Result<HttpResponse, Problem> {
    recruiter.in_earnest()?;
    let job = to_change(server, recruiter, request).await?;
    let operation = server.ledger.close_job(job.id, &closing, &recruiter.actor).await?;
    Ok(operations::accepted(server, operation))
}
