//! `GET /v1/keys/{id}`

use actix_web::{HttpRequest, HttpResponse, http::header, web::Data};

use super::Key;
use crate::{
    auth::Recruiter,
    path,
    problem::{Missing, Problem},
    refusals::Showing,
    schema,
    server::Server,
};

/// Read what a key is for
#[utoipa::path(
    get,
    path = "/v1/keys/{id}",
    operation_id = "readKey",
    tag = "keys",
    security(("secret_key" = [])),
    params(("id" = schema::ApiKeyId, Path, description = "The key's id: the first part of its text.")),
    responses((status = 200, description = "The key, without its secret.", body = Key), Showing),
)]
pub(crate) async fn show(server: Data<Server>, recruiter: Recruiter, request: HttpRequest) -> Result<HttpResponse, Problem> {
    recruiter.administers()?;
    let key = recruiter.key(&server, path::id(&request, Missing::Key)?).await?;
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(Key::from(key)))
}
