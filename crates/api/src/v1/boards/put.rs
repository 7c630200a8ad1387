//! `PUT /v1/boards-by-external-id/{external_id}`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use hearback_ledger::{BoardDetails, Versioned};

use super::{
    Board,
    create::{NewBoard, created},
    set::changed,
};
use crate::{
    auth::Recruiter,
    body::Body,
    condition,
    fields::Fields,
    path,
    problem::{Missing, Problem},
    refusals::Putting,
    server::Server,
    upsert,
};

/// Make or change a board by your own id for it
///
/// Made if there is none with this id, else all of it replaced: sending it again changes nothing. Only a key for all boards makes one.
/// With `If-None-Match: *` it is only made, with `If-Match` only changed.
#[utoipa::path(
    put,
    path = "/v1/boards-by-external-id/{external_id}",
    operation_id = "putBoard",
    tag = "boards",
    security(("secret_key" = [])),
    params(("external_id" = String, Path, description = "Your own id for the board.", max_length = 200, min_length = 1)),
    request_body = NewBoard,
    responses(
        (status = 200, description = "The board was there, and is like this now.", body = Board),
        (status = 201, description = "The board is on record.", body = Board, headers(("Location" = String, description = "Its path."))),
        Putting,
    ),
)]
pub(crate) async fn put(server: Data<Server>, recruiter: Recruiter, request: HttpRequest, body: Body) -> Result<HttpResponse, Problem> {
    recruiter.administers()?;
    let external_id = path::external_id(&request, Missing::Board)?;
    let details = body.json::<NewBoard>()?;
    let mut fields = Fields::default();
    fields.same_id(&external_id, details.external_id.as_ref());
    if !fields.is_empty() {
        return Err(Problem::InvalidBody(fields));
    }
    let details = BoardDetails { external_id: Some(external_id.clone()), ..details };
    let find = async || Ok(server.ledger.board_by_external_id(&external_id).await?);
    let change = async |board: hearback_ledger::Board| {
        let id = recruiter.board(&server, board.id).await?.id;
        recruiter.in_earnest()?;
        let record = async || Ok(Board::from(recruiter.board(&server, id).await?));
        condition::if_given(&server, &request, Versioned::Board(id), record).await?;
        changed(&server, id, &details).await
    };
    let make = async || {
        recruiter.all_boards()?;
        created(&server, details.clone()).await
    };
    upsert::put(&request, find, change, make).await
}
