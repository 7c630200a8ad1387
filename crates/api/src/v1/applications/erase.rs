//! `POST /v1/applications/{id}/erase`

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::Data,
};
use hearback_domain::erasure::{Basis, NoFinalWord};
use hearback_ledger::Erase;
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use super::{change, erasure::Erasure};
use crate::{
    auth::Recruiter,
    body::{Body, Request},
    fields::Fields,
    problem::{Missing, Problem},
    refusals::Erasing,
    schema,
    server::Server,
};

/// The applicant asked for their data to be erased.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(as = EraseApplication, example = json!({}))]
pub(crate) struct Asked {
    /// Why no final message is sent; without it, one is, and the data goes once it is out. It may be given later, by asking again.
    #[schema(value_type = Option<schema::NoFinalWord>)]
    exemption: Option<String>,
}

impl Request for Asked {
    type Meaning = Option<NoFinalWord>;

    fn read(self, fields: &mut Fields) -> Option<Option<NoFinalWord>> {
        let Self { exemption } = self;
        fields.optional("exemption", exemption, str::parse)
    }
}

/// Erase an applicant's data
///
/// At the applicant's request. What is owed to them goes first: an application that is active, or whose decision they do not know yet, is
/// withdrawn, and that is confirmed to them; once the confirmation is accepted by a relay, name, address, files and texts are taken out of
/// everything on record, for good, and `application.erased` is told to webhooks. Repeats of the application that it carries go with it. The
/// record that there was an application stays, with its dates, and so does an address's wish not to be contacted, as a keyed hash.
///
/// Asking again changes nothing. Needs the scope `admin`.
#[utoipa::path(
    post,
    path = "/v1/applications/{id}/erase",
    operation_id = "eraseApplication",
    tag = "applications",
    security(("secret_key" = [])),
    params(("id" = schema::ApplicationId, Path, description = "The application's id.")),
    request_body = Option<Asked>,
    responses(
        (
            status = 202, description = "It is on record, and carried out once everything is said.", body = Erasure,
            headers(("Location" = String, description = "Where how far it came can be read.")),
        ),
        (status = 200, description = "The data was erased before.", body = Erasure),
        Erasing,
    ),
)]
pub(crate) async fn erase(server: Data<Server>, recruiter: Recruiter, request: HttpRequest, body: Body) -> Result<HttpResponse, Problem> {
    recruiter.administers()?;
    let id = change::named(&server, &recruiter, &request).await?;
    let exemption = body.json::<Asked>()?;
    let erase = Erase { basis: Basis::Requested, exemption, actor: &recruiter.actor };
    let (_, answer) = server.ledger.erase(&[id], &erase).await?.pop().ok_or(Problem::NotFound(Missing::Application))?;
    let erasure = answer?;
    let status = if erasure.erased_at.is_some() { StatusCode::OK } else { StatusCode::ACCEPTED };
    let location = format!("/v1/applications/{id}/erasure");
    let mut response = HttpResponse::build(status);
    response.insert_header((header::LOCATION, location)).insert_header((header::CACHE_CONTROL, "no-store"));
    Ok(response.json(Erasure::from(erasure)))
}
