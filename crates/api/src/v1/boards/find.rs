//! `GET /v1/boards-by-external-id/{external_id}`

use actix_web::{HttpRequest, HttpResponse, web::Data};

use super::Board;
use crate::{
    auth::Recruiter,
    path,
    problem::{Missing, Problem},
    refusals::Showing,
    server::Server,
};

/// Read a board by your own id for it
#[utoipa::path(
    get,
    path = "/v1/boards-by-external-id/{external_id}",
    operation_id = "findBoard",
    tag = "boards",
    security(("secret_key" = [])),
    params(("external_id" = String, Path, description = "Your own id for the board.", max_length = 200, min_length = 1)),
    responses((status = 200, description = "The board.", body = Board), Showing),
)]
pub(crate) async fn find(server: Data<Server>, recruiter: Recruiter, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let external_id = path::external_id(&request, Missing::Board)?;
    let found = server.ledger.board_by_external_id(&external_id).await?.filter(|board| recruiter.may_see(board.id));
    Ok(HttpResponse::Ok().json(Board::from(found.ok_or(Problem::NotFound(Missing::Board))?)))
}
