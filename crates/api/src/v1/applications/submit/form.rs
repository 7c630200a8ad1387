//! A plain HTML form, from a page without a script. Whoever sends it is a person, and is never shown JSON.

use actix_web::{HttpRequest, HttpResponse, http::header};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use super::{IdempotencyKey, NewApplication, next, page::Typed, submission};
use crate::{
    auth::Submitter,
    body::{Body, MediaType, Request, understood},
    fields::Fields,
    path,
    problem::{Missing, Problem},
    server::Server,
};

/// An application as a plain HTML form sends it. Fields left empty count as not given.
#[derive(Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "_key": "pk_…", "name": "Robin Example", "email": "robin@example.org", "_gotcha": "" }))]
pub(super) struct ApplicationForm {
    /// A publishable key.
    #[serde(rename = "_key")]
    pub(super) key: Option<String>,
    /// A field that people do not see. What fills it in is taken for a machine: its application is kept, and nothing is sent.
    #[serde(rename = "_gotcha")]
    gotcha: Option<String>,
    /// Where to go afterwards, on this server; without, to the applicant's own page.
    #[serde(rename = "_next")]
    pub(super) next: Option<String>,
    #[schema(value_type = String, max_length = 200)]
    pub(super) name: Option<String>,
    #[schema(value_type = String, format = Email)]
    pub(super) email: Option<String>,
    /// The language to write in (BCP 47); without, or if there are no texts in it, the browser's or the board's.
    #[schema(example = "de-AT")]
    pub(super) locale: Option<String>,
    /// Where the applicant lives (IANA); without, the job's or the board's.
    #[schema(example = "Europe/Berlin")]
    pub(super) time_zone: Option<String>,
}

impl Request for ApplicationForm {
    type Meaning = Self;

    fn read(self, _: &mut Fields) -> Option<Self> {
        Some(self)
    }
}

pub(super) async fn submit(server: &Server, request: &HttpRequest, body: Body) -> HttpResponse {
    let read = match body.media_type {
        MediaType::Form => body.form::<ApplicationForm>(),
        MediaType::Json | MediaType::OtherForm | MediaType::Other => Err(Problem::UnsupportedMediaType),
    };
    let (form, wrong) = match read {
        Ok(read) => read,
        Err(problem) => return server.form_page.respond(&problem, None),
    };
    let typed = Typed::of(&form);
    match put_on_record(server, request, form, wrong).await {
        Ok(location) => HttpResponse::SeeOther().insert_header((header::LOCATION, location)).finish(),
        Err(problem) => server.form_page.respond(&problem, Some(&typed)),
    }
}

/// Where to go then.
async fn put_on_record(server: &Server, request: &HttpRequest, form: ApplicationForm, wrong: Fields) -> Result<String, Problem> {
    let ApplicationForm { key, gotcha, next, name, email, locale, time_zone } = form;
    let submitter = Submitter::of(server, request, key.as_deref()).await?;
    let job = path::id(request, Missing::Job)?;
    let idempotency_key = IdempotencyKey::of(request)?;
    let applicant = understood(NewApplication { name, email, locale, time_zone }, wrong).map_err(Problem::InvalidBody)?;
    let submission = submission(request, submitter, job, applicant, idempotency_key, gotcha.is_some());
    let submitted = server.ledger.submit(submission).await?;
    let next = next.and_then(|next| next::allowed(&server.public_url, &next));
    Ok(next.map_or_else(|| server.status_url(submitted.application, submitted.link_generation), String::from))
}
