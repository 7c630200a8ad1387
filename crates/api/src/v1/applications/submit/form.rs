//! A plain HTML form, from a page with or without a script. Whoever sends it without one is a person, and is never shown JSON.

use actix_web::{HttpRequest, HttpResponse, ResponseError, http::header};
use chrono::DateTime;
use hearback_domain::locale::{Language, Locale};
use hearback_ledger::Submitted;
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use super::{IdempotencyKey, NewApplication, files, next, page::Typed, receipt, submission};
use crate::{
    auth::Submitter,
    body::{Body, MediaType, Request, understood},
    fields::Fields,
    path,
    problem::{Missing, Problem},
    server::Server,
};

/// An application as an HTML form sends it. Fields left empty count as not given.
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
    /// When the form was shown, in seconds since 1970, by a page that is made for each visitor. Whoever needs less time than a person is
    /// taken for a machine.
    #[serde(rename = "_opened_at")]
    #[schema(example = "1795939200")]
    opened_at: Option<String>,
    /// The same as the milliseconds since then, as a script counts them.
    #[serde(rename = "_elapsed")]
    #[schema(example = "41200")]
    elapsed: Option<String>,
    /// What a header `Idempotency-Key` says, for a form, which has none.
    #[serde(rename = "_idempotency_key")]
    pub(super) idempotency_key: Option<String>,
    /// Where to go afterwards: on this server, or a page of an origin that its settings name; without, to the applicant's own page.
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
    /// What a browser sends of a file if the form does not say that it has any: its name.
    #[schema(ignore)]
    pub(super) resume: Option<String>,
    #[schema(ignore)]
    pub(super) attachments: Option<String>,
}

/// The same with files. A file is what its bytes are: PDF, DOCX, ODT, RTF, plain text, PNG or JPEG.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what `multipart.rs` and `files.rs` read")]
pub(super) struct ApplicationFormWithFiles {
    #[serde(flatten)]
    form: ApplicationForm,
    #[schema(value_type = Option<String>, format = Binary)]
    resume: Option<Vec<u8>>,
    /// Up to nine more.
    #[schema(value_type = Option<Vec<String>>)]
    attachments: Option<Vec<Vec<u8>>>,
}

impl Request for ApplicationForm {
    type Meaning = Self;

    fn read(self, _: &mut Fields) -> Option<Self> {
        Some(self)
    }
}

pub(super) async fn submit(server: &Server, request: &HttpRequest, body: Body) -> HttpResponse {
    // No form of a page has one.
    let is_program = request.headers().contains_key(header::AUTHORIZATION);
    let wants_json = wants_json(request);
    let with_files = body.media_type == MediaType::Multipart;
    let answered = take(server, request, body).await;
    match (answered, wants_json) {
        (Ok((submitted, _)), true) => receipt(server, submitted),
        (Ok((submitted, next)), false) => {
            let location = next.unwrap_or_else(|| server.status_url(submitted.application, submitted.link_generation));
            HttpResponse::SeeOther().insert_header((header::LOCATION, location)).finish()
        }
        (Err((problem, _)), _) if wants_json || is_program => problem.error_response(),
        (Err((problem, typed)), _) => {
            let locale = typed.as_ref().and_then(Typed::locale).or_else(|| of_browser(request)).unwrap_or(Locale::En);
            server.form_page.respond(locale, &problem, typed.as_ref(), with_files)
        }
    }
}

/// A script that sends a form says that it reads JSON; a browser that sends one by itself asks for a page.
fn wants_json(request: &HttpRequest) -> bool {
    let accept = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let asks_for = |media_type: &str| {
        accept.split(',').any(|one| one.split(';').next().is_some_and(|one| one.trim().eq_ignore_ascii_case(media_type)))
    };
    asks_for("application/json") && !asks_for("text/html")
}

fn of_browser(request: &HttpRequest) -> Option<Locale> {
    request.headers().get(header::ACCEPT_LANGUAGE).and_then(|header| header.to_str().ok()).and_then(Language::accepted)
}

/// What was put on record and where to go then, or why not and what was typed.
async fn take(server: &Server, request: &HttpRequest, body: Body) -> Result<(Submitted, Option<String>), (Problem, Option<Typed>)> {
    let body = body.form().map_err(|problem| (problem, None))?;
    let (form, mut wrong, given) = body.read::<ApplicationForm>().map_err(|problem| (problem, None))?;
    let attachments = files::read(given, &mut wrong);
    files::refuse_names(&form, &mut wrong);
    let typed = Typed::of(&form);
    put_on_record(server, request, form, wrong, attachments).await.map_err(|problem| (problem, Some(typed)))
}

async fn put_on_record(
    server: &Server,
    request: &HttpRequest,
    form: ApplicationForm,
    wrong: Fields,
    attachments: Vec<hearback_ledger::NewAttachment>,
) -> Result<(Submitted, Option<String>), Problem> {
    let ApplicationForm {
        key,
        gotcha,
        opened_at,
        elapsed,
        idempotency_key,
        next,
        name,
        email,
        locale,
        time_zone,
        resume: _,
        attachments: _,
    } = form;
    let submitter = Submitter::of(server, request, key.as_deref()).await?;
    let job = path::id(request, Missing::Job)?;
    let idempotency_key = match IdempotencyKey::of(request)? {
        Some(key) => Some(key),
        None => idempotency_key.as_deref().map(IdempotencyKey::of_field).transpose()?,
    };
    let applicant = understood(NewApplication { name, email, locale, time_zone }, wrong).map_err(Problem::InvalidBody)?;
    let (trapped, too_quick) = (gotcha.is_some(), is_too_quick(server, opened_at.as_deref(), elapsed.as_deref()));
    let suspected = trapped || too_quick;
    let submission = submission(request, submitter, job, applicant, idempotency_key, suspected, attachments);
    let submitted = server.ledger.submit(submission).await?;
    if suspected {
        let id = submitted.application;
        let why = if trapped { "it filled in what people do not see" } else { "it was sent sooner than people can fill it in" };
        tracing::info!(application = %id, why, "an application is taken for a machine's: its messages are held until somebody releases them");
    }
    let allowed = next.as_ref().and_then(|next| next::allowed(&server.public_url, server.careers.next_origins(), next));
    if let (Some(next), None) = (next, &allowed) {
        tracing::warn!(next, "a form does not lead on to where it says: careers.next_origins does not name that origin");
    }
    Ok((submitted, allowed.map(String::from)))
}

/// A time that cannot be read, or one that is yet to come, says nothing: clocks are wrong and people edit pages.
fn is_too_quick(server: &Server, opened_at: Option<&str>, elapsed: Option<&str>) -> bool {
    let by_clock = opened_at.and_then(|seconds| seconds.trim().parse().ok()).and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    let by_clock = by_clock.map(|opened| (server.ledger.now() - opened).num_milliseconds());
    let counted = elapsed.and_then(|millis| millis.trim().parse::<i64>().ok());
    let quickest = server.careers.quickest().num_milliseconds();
    [by_clock, counted].into_iter().flatten().any(|millis| (0..quickest).contains(&millis))
}
