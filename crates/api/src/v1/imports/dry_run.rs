//! `POST /v1/imports/dry-run`

use actix_web::{HttpResponse, web::Data};

use super::{
    asked::{Asked, importing},
    outcome::{Import, answer},
};
use crate::{auth::Recruiter, body::Body, problem::Problem, refusals::TryingImport, server::Server};

/// See what an import would mean for each person
///
/// The same body as for the import. Nothing is changed.
#[utoipa::path(
    post,
    path = "/v1/imports/dry-run",
    operation_id = "tryImport",
    tag = "operations",
    security(("secret_key" = [])),
    request_body = Asked,
    responses((status = 200, description = "Who gets what and when, and who gets nothing and why.", body = Import), TryingImport),
)]
pub(crate) async fn dry_run(server: Data<Server>, recruiter: Recruiter, body: Body) -> Result<HttpResponse, Problem> {
    let read = body.json::<Asked>()?.read(&server);
    let results = server.ledger.import_dry_run(&read.rows, importing(&recruiter)?).await?;
    answer(&server, read, results, false).await
}
