//! `POST /v1/operations/dry-run`

use actix_web::{HttpRequest, HttpResponse, web::Data};

use super::{DryRun, PartQuery, asked::Asked, try_out};
use crate::{auth::Recruiter, body::Body, problem::Problem, refusals::Trying, server::Server};

/// See what it would mean for each person
///
/// The same body as for the operation. Nothing is changed.
#[utoipa::path(
    post,
    path = "/v1/operations/dry-run",
    operation_id = "tryOperation",
    tag = "operations",
    security(("secret_key" = [])),
    params(PartQuery),
    request_body = Asked,
    responses((status = 200, description = "Who gets what and when, and who gets nothing and why.", body = DryRun), Trying),
)]
pub(crate) async fn dry_run(server: Data<Server>, recruiter: Recruiter, request: HttpRequest, body: Body) -> Result<HttpResponse, Problem> {
    let (authorised, _) = body.json::<Asked>()?.by(&server, &recruiter).await?;
    try_out(&server, &request, authorised.begin(&recruiter, None)).await
}
