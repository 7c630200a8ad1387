//! Whether requests can be answered at all, for load balancers and whoever starts this program.

use actix_web::{HttpResponse, http::header, web::Data};
use hearback_ledger::Page;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    problem::{Problem, ProblemBody},
    server::Server,
};

/// The server can answer.
#[derive(Serialize, ToSchema)]
struct Health {
    #[schema(example = "ok")]
    status: &'static str,
}

/// Whether the server and its database answer
#[utoipa::path(
    get,
    path = "/health",
    operation_id = "health",
    tag = "server",
    security(()),
    responses(
        (status = 200, description = "The database answers.", body = Health),
        (status = 503, description = "It does not (`unavailable`).", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn health(server: Data<Server>) -> Result<HttpResponse, Problem> {
    // Reading anything will do.
    server.ledger.boards(Page { after: None, limit: 1 }).await?;
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(Health { status: "ok" }))
}
