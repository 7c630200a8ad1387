//! `POST /v1/keys/{id}/revoke`

use actix_web::{HttpRequest, HttpResponse, http::header, web::Data};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use super::Key;
use crate::{
    auth::Recruiter,
    body::{Body, Request},
    fields::Fields,
    path,
    problem::{Missing, Problem},
    refusals::Acting,
    schema,
    server::Server,
};

/// A key is not to be trusted any more.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({}))]
pub(crate) struct RevokeKey {}

impl Request for RevokeKey {
    type Meaning = ();

    fn read(self, _: &mut Fields) -> Option<()> {
        let Self {} = self;
        Some(())
    }
}

/// End a key
///
/// For good, and at once in every process. Ending it again changes nothing.
#[utoipa::path(
    post,
    path = "/v1/keys/{id}/revoke",
    operation_id = "revokeKey",
    tag = "keys",
    security(("secret_key" = [])),
    params(("id" = schema::ApiKeyId, Path, description = "The key's id.")),
    request_body = Option<RevokeKey>,
    responses((status = 200, description = "The key, which does not work any more.", body = Key), Acting),
)]
pub(crate) async fn revoke(server: Data<Server>, recruiter: Recruiter, request: HttpRequest, body: Body) -> Result<HttpResponse, Problem> {
    recruiter.administers()?;
    let id = recruiter.key(&server, path::id(&request, Missing::Key)?).await?.id;
    body.json::<RevokeKey>()?;
    server.ledger.revoke_api_key(id).await?;
    let key = server.ledger.api_key(id).await?.ok_or(Problem::NotFound(Missing::Key))?;
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(Key::from(key)))
}
