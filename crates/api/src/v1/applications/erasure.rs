//! `GET /v1/applications/{id}/erasure`

use actix_web::{HttpRequest, HttpResponse, http::header, web::Data};
use chrono::{DateTime, Utc};
use hearback_domain::erasure::WaitsFor;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Actor, change};
use crate::{
    auth::Recruiter,
    problem::{Missing, Problem},
    refusals::Showing,
    schema,
    server::Server,
};

/// That an applicant's data is to be erased, and how far that came.
#[derive(Serialize, ToSchema)]
pub(crate) struct Erasure {
    #[schema(value_type = schema::ApplicationId)]
    application_id: String,
    #[schema(value_type = schema::ErasureBasis)]
    basis: &'static str,
    #[schema(value_type = schema::ErasureState)]
    state: &'static str,
    /// Why no final message was sent.
    #[schema(required, value_type = Option<schema::NoFinalWord>)]
    exemption: Option<&'static str>,
    asked_at: DateTime<Utc>,
    asked_by: Actor,
    /// What it waits for, as of the last look. `person`: a message to the applicant is held, and somebody has to release or cancel it.
    #[schema(required, value_type = Option<schema::WaitsFor>)]
    waits_for: Option<&'static str>,
    /// When it is looked at again; `null` once nothing is left to do.
    #[schema(required)]
    next_look_at: Option<DateTime<Utc>>,
    #[schema(required)]
    erased_at: Option<DateTime<Utc>>,
}

impl From<hearback_ledger::Erasure> for Erasure {
    fn from(erasure: hearback_ledger::Erasure) -> Self {
        let hearback_ledger::Erasure { application, basis, exemption, actor, asked_at, state, waits_for, next_look, erased_at } = erasure;
        Self {
            application_id: application.to_string(),
            basis: basis.as_str(),
            state: state.as_str(),
            exemption: exemption.map(|word| word.as_str()),
            asked_at,
            asked_by: actor.into(),
            waits_for: waits_for.map(WaitsFor::as_str),
            next_look_at: erased_at.is_none().then_some(next_look),
            erased_at,
        }
    }
}

/// Show how far an erasure came
#[utoipa::path(
    get,
    path = "/v1/applications/{id}/erasure",
    operation_id = "showErasure",
    tag = "applications",
    security(("secret_key" = [])),
    params(("id" = schema::ApplicationId, Path, description = "The application's id.")),
    responses((status = 200, description = "What was asked for, and how far it came.", body = Erasure), Showing),
)]
pub(crate) async fn show(server: Data<Server>, recruiter: Recruiter, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let id = change::named(&server, &recruiter, &request).await?;
    let erasure = server.ledger.erasure(id).await?.ok_or(Problem::NotFound(Missing::Erasure))?;
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(Erasure::from(erasure)))
}
