//! `PUT /v1/boards/{id}`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use hearback_domain::ids::BoardId;
use hearback_ledger::{BoardDetails, Versioned};

use super::{Board, create::NewBoard};
use crate::{
    auth::Recruiter,
    body::Body,
    condition, path,
    problem::{Missing, Problem},
    refusals::Setting,
    schema,
    server::Server,
};

/// Change a board
///
/// Replaces all of it. Messages that are not out yet go out with what it is like from now on.
#[utoipa::path(
    put,
    path = "/v1/boards/{id}",
    operation_id = "setBoard",
    tag = "boards",
    security(("secret_key" = [])),
    params(("id" = schema::BoardId, Path, description = "The board's id.")),
    request_body = NewBoard,
    responses((status = 200, description = "The board as it is now.", body = Board), Setting),
)]
pub(crate) async fn set(server: Data<Server>, recruiter: Recruiter, request: HttpRequest, body: Body) -> Result<HttpResponse, Problem> {
    recruiter.administers()?;
    recruiter.in_earnest()?;
    let id = recruiter.board(&server, path::id(&request, Missing::Board)?).await?.id;
    let record = async || Ok(Board::from(recruiter.board(&server, id).await?));
    condition::demanded(&server, &request, Versioned::Board(id), record).await?;
    let details = body.json::<NewBoard>()?;
    changed(&server, id, &details).await
}

pub(super) async fn changed(server: &Server, id: BoardId, details: &BoardDetails) -> Result<HttpResponse, Problem> {
    let board = server.ledger.set_board(id, details).await?.ok_or(Problem::NotFound(Missing::Board))?;
    Ok(HttpResponse::Ok().json(Board::from(board)))
}
