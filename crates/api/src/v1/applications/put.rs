//! `PUT /v1/jobs/{id}/applications/by-external-id/{external_id}`

use actix_web::{HttpRequest, HttpResponse, http::header, web::Data};
use hearback_domain::ids::{ApplicationId, JobId};
use hearback_ledger::{ApplicantDetails, Submission, Versioned};

use super::{
    Record, change,
    submit::{Applicant, NewApplication},
};
use crate::{
    auth::Recruiter,
    body::Body,
    condition, path,
    problem::{Missing, Problem},
    refusals::PuttingApplication,
    schema,
    server::Server,
    upsert,
};

/// Make or change an application by your own id for it
///
/// Made if there is none with this id for the job, and then acknowledged like any that comes in; else what it says about the applicant is
/// replaced: sending it again changes nothing. With another address, what did not arrive is owed again (`/v1/applications/{id}/address`). Only a secret key may do it: what an
/// applicant sends never changes anything. With `If-None-Match: *` it is only made, with `If-Match` only changed.
#[utoipa::path(
    put,
    path = "/v1/jobs/{id}/applications/by-external-id/{external_id}",
    operation_id = "putApplication",
    tag = "applications",
    security(("secret_key" = [])),
    params(
        ("id" = schema::JobId, Path, description = "The job's id."),
        ("external_id" = String, Path, description = "Your own id for the application.", max_length = 200, min_length = 1),
    ),
    request_body = NewApplication,
    responses(
        (status = 200, description = "The application was there, and says this now.", body = Record),
        (
            status = 201, description = "The application is on disk, and its acknowledgement is owed.", body = Record,
            headers(("Location" = String, description = "Its path.")),
        ),
        PuttingApplication,
    ),
)]
pub(crate) async fn put(server: Data<Server>, recruiter: Recruiter, request: HttpRequest, body: Body) -> Result<HttpResponse, Problem> {
    let job = recruiter.job(&server, path::id(&request, Missing::Job)?).await?.id;
    let external_id = path::external_id(&request, Missing::Application)?;
    let applicant = body.json::<NewApplication>()?;
    let find = async || Ok(server.ledger.application_by_external_id(job, &external_id).await?);
    let change = async |found: hearback_ledger::Application| {
        // A key for trying out does not see it: to it, somebody else has the id.
        let seen = recruiter.application(&server, found.id).await.map_err(|problem| match problem {
            Problem::NotFound(_) => Problem::ExternalIdTaken,
            other => other,
        });
        let id = seen?.id;
        let record = async || Record::of(&server, recruiter.application(&server, id).await?).await;
        condition::if_given(&server, &request, Versioned::Application(id), record).await?;
        // The address first: it may be refused, and then nothing is changed. Whoever is cut off in between sends all of it again.
        if found.email != applicant.email {
            if let Some(first) = found.carried_by.filter(|_| found.email.identity() != applicant.email.identity()) {
                return Err(Problem::CarriedBy(first));
            }
            let moved = server.ledger.correct_address(id, &applicant.email, &recruiter.actor).await?;
            moved.result?;
        }
        change::respond(&server, vec![server.ledger.correct(id, &details(&applicant), &recruiter.actor).await?]).await
    };
    let make = async || {
        let submitted = server.ledger.submit(submission(&recruiter, job, &applicant, &external_id)).await?;
        created(&server, submitted.application).await
    };
    upsert::put(&request, find, change, make).await
}

async fn created(server: &Server, id: ApplicationId) -> Result<HttpResponse, Problem> {
    let application = server.ledger.application(id).await?.ok_or(Problem::NotFound(Missing::Application))?;
    let record = Record::of(server, application).await?;
    let location = (header::LOCATION, format!("/v1/applications/{id}"));
    Ok(HttpResponse::Created().insert_header(location).insert_header((header::CACHE_CONTROL, "no-store")).json(record))
}

fn details(applicant: &Applicant) -> ApplicantDetails {
    let Applicant { name, email: _, locale, time_zone } = applicant.clone();
    ApplicantDetails { name, locale, time_zone }
}

fn submission(recruiter: &Recruiter, job: JobId, applicant: &Applicant, external_id: &str) -> Submission {
    let Applicant { name, email, locale, time_zone } = applicant.clone();
    Submission {
        job,
        only_board: recruiter.only_board(),
        name,
        email,
        locale,
        time_zone,
        is_test: recruiter.is_test().is_some(),
        suspected_spam: false,
        actor: recruiter.actor.clone(),
        idempotency: None,
        attachments: Vec::new(),
        external_id: Some(external_id.to_owned()),
    }
}
