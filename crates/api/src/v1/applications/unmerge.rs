//! `POST /v1/applications/{id}/unmerge`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use super::{Record, change};
use crate::{
    auth::Recruiter,
    body::{Body, Request},
    fields::Fields,
    problem::Problem,
    refusals::Changing,
    schema,
    server::Server,
};

/// Needs nothing to be said.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({}))]
pub(crate) struct Unmerge {}

impl Request for Unmerge {
    type Meaning = ();

    fn read(self, _: &mut Fields) -> Option<()> {
        let Self {} = self;
        Some(())
    }
}

/// Take a merger back
///
/// The duplicate stands by itself again, and has a next word of its own. The other application keeps the dates that it took over.
#[utoipa::path(
    post,
    path = "/v1/applications/{id}/unmerge",
    operation_id = "unmergeApplication",
    tag = "applications",
    security(("secret_key" = [])),
    params(("id" = schema::ApplicationId, Path, description = "The duplicate's id.")),
    request_body = Option<Unmerge>,
    responses((status = 200, description = "The application as it stands now.", body = Record), Changing),
)]
pub(crate) async fn unmerge(server: Data<Server>, recruiter: Recruiter, request: HttpRequest, body: Body) -> Result<HttpResponse, Problem> {
    let id = change::named(&server, &recruiter, &request).await?;
    body.json::<Unmerge>()?;
    server.ledger.unmerge(id, &recruiter.actor).await?;
    change::shown(&server, id).await
}
