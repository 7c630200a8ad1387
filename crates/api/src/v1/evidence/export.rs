//! `GET /v1/applications/{id}/evidence`, `GET /v1/jobs/{id}/evidence`

use std::pin::Pin;

use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    web::{Bytes, Data},
};
use chrono::{DateTime, Utc};
use futures::{Stream, stream};
use hearback_domain::{
    UnknownWord,
    evidence::{Csv, Evidence},
    ids::ApplicationId,
};
use hearback_ledger::{EvidenceOf, EvidencePart, Ledger, LedgerError};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::{
    auth::Recruiter,
    body::{Request, from_query, understood},
    fields::Fields,
    path,
    problem::{Missing, Problem},
    refusals::Listing,
    schema,
    server::Server,
};

#[derive(Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportEvidence {
    /// `json`, or `csv` for a spreadsheet.
    #[param(default = "json", pattern = "^(json|csv)$")]
    format: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Format {
    #[default]
    Json,
    Csv,
}

impl Request for ExportEvidence {
    type Meaning = Format;

    fn read(self, fields: &mut Fields) -> Option<Format> {
        let format = |text: &str| match text {
            "json" => Ok(Format::Json),
            "csv" => Ok(Format::Csv),
            _ => Err(UnknownWord { set: "format", given: text.to_owned(), expected: "json, csv".to_owned() }),
        };
        Some(fields.optional("format", self.format, format)?.unwrap_or_default())
    }
}

/// All that was told.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what is streamed")]
pub(crate) struct EvidenceList {
    /// In the order of applications, and of when they were told.
    items: Vec<EvidenceItem>,
}

/// One thing that an applicant was told, or a reason why not.
#[derive(ToSchema)]
#[schema(as = Evidence)]
#[expect(dead_code, reason = "describes what the domain writes")]
pub(crate) struct EvidenceItem {
    #[schema(value_type = schema::ApplicationId)]
    application_id: String,
    #[schema(value_type = schema::JobId)]
    job_id: String,
    /// The applicant, as the application names them.
    name: String,
    address: String,
    /// A kind of message; what a person said; or `exemption`.
    what: String,
    /// `mail`, or how a person told it; `none` for an exemption.
    channel: String,
    /// `sent`; `bounced`: accepted, and came back; `told`; `exempt`.
    outcome: String,
    #[schema(required)]
    told_at: Option<DateTime<Utc>>,
    /// When it was promised for.
    #[schema(required)]
    due_at: Option<DateTime<Utc>>,
    #[schema(required, value_type = Option<schema::NotificationId>)]
    notification_id: Option<String>,
    /// The relay that took the message, and its answer.
    #[schema(required)]
    relay: Option<String>,
    #[schema(required)]
    acceptance: Option<String>,
    #[schema(required)]
    subject: Option<String>,
    /// The text as it was sent.
    #[schema(required)]
    text: Option<String>,
    /// Of the message's bytes.
    #[schema(required)]
    sha256: Option<String>,
    /// Who told it, for what a person told.
    #[schema(required)]
    actor: Option<String>,
    /// The person's note, or the reason of an exemption.
    #[schema(required)]
    note: Option<String>,
    #[schema(required)]
    last_interview_at: Option<DateTime<Utc>>,
    /// The law that the application is under.
    #[schema(required)]
    law: Option<String>,
}

/// Export what an applicant was told
///
/// What, when, by which channel, and the relay's acceptance.
#[utoipa::path(
    get,
    path = "/v1/applications/{id}/evidence",
    operation_id = "exportApplicationEvidence",
    tag = "promises",
    security(("secret_key" = [])),
    params(("id" = schema::ApplicationId, Path, description = "The application's id."), ExportEvidence),
    responses((status = 200, description = "All of it.", content((EvidenceList = "application/json"), (String = "text/csv"))), Listing),
)]
pub(crate) async fn of_application(server: Data<Server>, recruiter: Recruiter, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let application = recruiter.application(&server, path::id(&request, Missing::Application)?).await?;
    export(&server, &request, EvidenceOf::Application(application.id)).await
}

/// Export what all applicants for a job were told
///
/// What, when, by which channel, and the relay's acceptance. However much it is, it comes in one answer; one that breaks off is not whole.
#[utoipa::path(
    get,
    path = "/v1/jobs/{id}/evidence",
    operation_id = "exportJobEvidence",
    tag = "promises",
    security(("secret_key" = [])),
    params(("id" = schema::JobId, Path, description = "The job's id."), ExportEvidence),
    responses((status = 200, description = "All of it.", content((EvidenceList = "application/json"), (String = "text/csv"))), Listing),
)]
pub(crate) async fn of_job(server: Data<Server>, recruiter: Recruiter, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let job = recruiter.job(&server, path::id(&request, Missing::Job)?).await?;
    if recruiter.is_test().is_some() {
        return Err(Problem::Forbidden("A job has real applicants, and this key is for trying out."));
    }
    export(&server, &request, EvidenceOf::Job(job.id)).await
}

async fn export(server: &Server, request: &HttpRequest, of: EvidenceOf) -> Result<HttpResponse, Problem> {
    let (query, fields) = from_query::<ExportEvidence>(request.query_string().as_bytes());
    let format = understood(query, fields).map_err(Problem::InvalidQuery)?;
    // What goes wrong with the first part can still be said by a status.
    let first = server.ledger.evidence(of, None).await?;
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    let body = Box::pin(parts(server.ledger.clone(), of, format, first));
    Ok(match format {
        Format::Json => response.content_type("application/json").streaming(body),
        Format::Csv => response
            .content_type("text/csv; charset=utf-8; header=present")
            .insert_header((header::CONTENT_DISPOSITION, "attachment; filename=\"evidence.csv\""))
            .streaming(body),
    })
}

/// What is still to be written.
enum Next {
    First(EvidencePart),
    From(ApplicationId),
    Nothing,
}

type Parts = Pin<Box<dyn Stream<Item = Result<Bytes, LedgerError>>>>;

fn parts(ledger: Ledger, of: EvidenceOf, format: Format, first: EvidencePart) -> Parts {
    Box::pin(stream::try_unfold((Next::First(first), false), move |(next, is_begun)| {
        let ledger = ledger.clone();
        async move {
            let (part, is_first) = match next {
                Next::First(part) => (part, true),
                Next::From(after) => (ledger.evidence(of, Some(after)).await?, false),
                Next::Nothing => return Ok(None),
            };
            let (text, is_begun) = written(&part.evidence, format, is_first, is_begun, part.next.is_none());
            let next = part.next.map_or(Next::Nothing, Next::From);
            Ok(Some((Bytes::from(text), (next, is_begun))))
        }
    }))
}

/// With what stands before the first and behind the last; and whether an item was written by now.
fn written(evidence: &[Evidence], format: Format, is_first: bool, mut is_begun: bool, is_last: bool) -> (String, bool) {
    let mut text = String::new();
    if is_first {
        text.push_str(match format {
            Format::Json => "{\"items\":[",
            Format::Csv => Csv::head(),
        });
    }
    for evidence in evidence {
        match format {
            Format::Csv => text.push_str(&Csv::line(evidence)),
            Format::Json => {
                if is_begun {
                    text.push(',');
                }
                text.push_str(&serde_json::to_string(evidence).expect("texts and times can be written as JSON"));
            }
        }
        is_begun = true;
    }
    if is_last && format == Format::Json {
        text.push_str("]}");
    }
    (text, is_begun)
}
