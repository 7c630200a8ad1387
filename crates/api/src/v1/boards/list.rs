//! `GET /v1/boards`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use hearback_domain::ids::BoardId;
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;

use super::Board;
use crate::{
    auth::Recruiter,
    body::{Request, from_query, understood},
    fields::Fields,
    pagination::{List, Part},
    problem::{Missing, Problem},
    refusals::Listing,
    server::Server,
};

#[derive(Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListBoards {
    /// `next_cursor` of the part before.
    cursor: Option<String>,
    #[param(value_type = Option<u64>, minimum = 1, maximum = 200, default = 50)]
    limit: Option<String>,
}

impl Request for ListBoards {
    type Meaning = Part<BoardId>;

    fn read(self, fields: &mut Fields) -> Option<Part<BoardId>> {
        let Self { cursor, limit } = self;
        Part::read(fields, cursor, limit)
    }
}

/// List the boards
#[utoipa::path(
    get,
    path = "/v1/boards",
    operation_id = "listBoards",
    tag = "boards",
    security(("secret_key" = [])),
    params(ListBoards),
    responses(
        (status = 200, description = "Those that the key may see, oldest first.", body = List<Board>, headers(("Link" = String, description = "The next part, as `rel=\"next\"`."))),
        Listing,
    ),
)]
pub(crate) async fn list(server: Data<Server>, recruiter: Recruiter, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let (query, fields) = from_query::<ListBoards>(request.query_string().as_bytes());
    let part = understood(query, fields).map_err(Problem::InvalidQuery)?;
    let boards = match recruiter.narrowed(None)? {
        Some(own) => vec![server.ledger.board(own).await?.ok_or(Problem::NotFound(Missing::Board))?],
        None => server.ledger.boards(part.page()).await?,
    };
    Ok(part.respond::<_, Board>(&server, &request, boards, |board| board.id))
}
