//! `GET /v1/boards/{id}`

use actix_web::{HttpRequest, HttpResponse, web::Data};

use super::Board;
use crate::{
    auth::Recruiter,
    path,
    problem::{Missing, Problem},
    refusals::Showing,
    schema,
    server::Server,
};

/// Read a board
#[utoipa::path(
    get,
    path = "/v1/boards/{id}",
    operation_id = "readBoard",
    tag = "boards",
    security(("secret_key" = [])),
    params(("id" = schema::BoardId, Path, description = "The board's id.")),
    responses((status = 200, description = "The board.", body = Board), Showing),
)]
pub(crate) async fn show(server: Data<Server>, recruiter: Recruiter, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let id = path::id(&request, Missing::Board)?;
    let board = recruiter.board(&server, id).await?;
    Ok(HttpResponse::Ok().json(Board::from(board)))
}
