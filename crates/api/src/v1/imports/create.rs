//! `POST /v1/imports`

use actix_web::{HttpResponse, web::Data};

use super::{
    asked::{Asked, importing},
    outcome::{Import, answer, tally},
};
use crate::{auth::Recruiter, body::Body, problem::Problem, refusals::Importing, server::Server};

/// Bring applications from another system
///
/// Each owes what it would owe here: whoever waits and was not told anything an acknowledgement, whoever does not know how it ended a
/// final message, unless the row says that they were told, or why they are not. A row with something wrong is passed over, with what to
/// change; the others are imported. If this ends in the middle, send the same again: what is here is not imported twice. More people than
/// `bulk_cap` are written to only with the `confirmation` of the dry run.
#[utoipa::path(
    post,
    path = "/v1/imports",
    operation_id = "importApplications",
    tag = "operations",
    security(("secret_key" = [])),
    request_body = Asked,
    responses((status = 200, description = "What became of each row.", body = Import), Importing),
)]
pub(crate) async fn create(server: Data<Server>, recruiter: Recruiter, body: Body) -> Result<HttpResponse, Problem> {
    let read = body.json::<Asked>()?.read(&server);
    let importing = importing(&recruiter)?;
    let looked_at = server.ledger.import_dry_run(&read.rows, importing).await?;
    server.ledger.import_is_confirmed(&tally(&read, &looked_at), read.confirmation.as_deref()).await?;
    let results = server.ledger.import(&read.rows, importing).await?;
    answer(&server, read, results, true).await
}
