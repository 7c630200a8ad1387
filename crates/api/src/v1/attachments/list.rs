//! `GET /v1/applications/{id}/attachments`

use actix_web::{HttpRequest, HttpResponse, http::header, web::Data};
use serde::Serialize;
use utoipa::ToSchema;

use super::Attachment;
use crate::{
    auth::Recruiter,
    path,
    problem::{Missing, Problem},
    refusals::Showing,
    schema,
    server::Server,
};

/// All of an application's: there are never many.
#[derive(Serialize, ToSchema)]
pub(crate) struct AttachmentList {
    items: Vec<Attachment>,
}

/// List the files of an application
#[utoipa::path(
    get,
    path = "/v1/applications/{id}/attachments",
    operation_id = "listAttachments",
    tag = "applications",
    security(("secret_key" = [])),
    params(("id" = schema::ApplicationId, Path, description = "The application's id.")),
    responses((status = 200, description = "Its files, in the order in which they came.", body = AttachmentList), Showing),
)]
pub(crate) async fn list(server: Data<Server>, recruiter: Recruiter, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let id = path::id(&request, Missing::Application)?;
    let application = recruiter.application(&server, id).await?;
    let items = server.ledger.attachments(application.id).await?.into_iter().map(Attachment::from).collect();
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(AttachmentList { items }))
}
