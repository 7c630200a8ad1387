//! `POST /v1/jobs/{id}/applications`: an application comes in, from a program as JSON, from a page as a plain form.

mod applicant;
mod files;
mod form;
mod idempotency;
mod language;
mod next;
mod page;

use actix_web::{HttpRequest, HttpResponse, ResponseError, http::header, web::Data};
pub(super) use applicant::{Applicant, NewApplication};
use chrono::{DateTime, Utc};
use form::{ApplicationForm, ApplicationFormWithFiles};
use hearback_domain::ids::JobId;
use hearback_ledger::{NewAttachment, Submission, Submitted};
pub(crate) use idempotency::{HEADER as IDEMPOTENCY_KEY, IdempotencyKey, MOST as IDEMPOTENCY_KEY_MOST};
pub(crate) use page::FormPage;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    auth::Submitter,
    body::{Body, MediaType},
    path,
    problem::{Missing, Problem},
    refusals::Submitting,
    schema,
    server::Server,
};

/// An application that is on disk, its acknowledgement owed. The same for everybody: nothing tells whether this person applied before.
#[derive(Serialize, ToSchema)]
struct Receipt {
    #[schema(value_type = schema::ApplicationId)]
    id: String,
    /// The applicant's own page. Whoever has this address sees where the application stands.
    #[schema(format = "uri")]
    status_url: String,
    received_at: DateTime<Utc>,
}

/// Submit an application
///
/// Takes any key. The applicant is written to in the language of `locale`, else the first of `Accept-Language` that there are texts for
/// (with a publishable key: a browser sends it), else the board's. A plain HTML form sends it in the field `_key`, is answered with 303, and on errors with
/// a page; one that is sent with `Accept: application/json` is answered like JSON.
#[utoipa::path(
    post,
    path = "/v1/jobs/{id}/applications",
    operation_id = "submitApplication",
    tag = "applications",
    security(("publishable_key" = []), ("secret_key" = [])),
    params(
        ("id" = schema::JobId, Path, description = "The job's id."),
    ),
    request_body(content((NewApplication = "application/json"), (ApplicationForm = "application/x-www-form-urlencoded"),
        (ApplicationFormWithFiles = "multipart/form-data"))),
    responses(
        (
            status = 201, body = Receipt,
            description = "The application is on disk, and its acknowledgement is owed.",
            headers(("Location" = String, description = "The application's path, for a secret key.")),
        ),
        (
            status = 303, description = "The same, for a form.",
            headers(("Location" = String, description = "The applicant's own page, or `_next`.")),
        ),
        Submitting,
    ),
)]
pub(crate) async fn submit(server: Data<Server>, request: HttpRequest, body: Body) -> HttpResponse {
    match body.media_type {
        MediaType::Form | MediaType::Multipart | MediaType::OtherForm => form::submit(&server, &request, body).await,
        MediaType::Json | MediaType::Mail | MediaType::Other => {
            by_json(&server, &request, body).await.unwrap_or_else(|problem| problem.error_response())
        }
    }
}

async fn by_json(server: &Server, request: &HttpRequest, body: Body) -> Result<HttpResponse, Problem> {
    let submitter = Submitter::of(server, request, None).await?;
    let job = path::id(request, Missing::Job)?;
    let key = IdempotencyKey::of(request)?;
    let applicant = body.json::<NewApplication>()?;
    let submission = submission(request, submitter, job, applicant, key, false, Vec::new());
    Ok(receipt(server, server.ledger.submit(submission).await?))
}

fn receipt(server: &Server, submitted: Submitted) -> HttpResponse {
    let Submitted { application, received_at, link_generation, replayed: _ } = submitted;
    let receipt = Receipt { id: application.to_string(), status_url: server.status_url(application, link_generation), received_at };
    HttpResponse::Created().insert_header((header::LOCATION, format!("/v1/applications/{}", receipt.id))).json(receipt)
}

fn submission(
    request: &HttpRequest,
    submitter: Submitter,
    job: JobId,
    applicant: Applicant,
    key: Option<IdempotencyKey>,
    suspected_spam: bool,
    attachments: Vec<NewAttachment>,
) -> Submission {
    let Submitter { caller, actor } = submitter;
    let idempotency = key.map(|key| key.bound(caller.key, &actor, job, &applicant, &attachments));
    let Applicant { name, email, locale, time_zone } = applicant;
    Submission {
        job,
        only_board: caller.board,
        name,
        email,
        locale: locale.or_else(|| language::of_browser(request, &caller)),
        time_zone,
        is_test: caller.is_test,
        suspected_spam,
        actor,
        idempotency,
        attachments,
        external_id: None,
    }
}
