//! `GET /v1/boards`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use hearback_domain::{ids::BoardId, one_line::one_line};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;

use super::Board;
use crate::{
    auth::Recruiter,
    body::{Request, from_query, understood},
    fields::Fields,
    pagination::{List, Part},
    path::EXTERNAL_ID_MOST,
    problem::{Missing, Problem},
    refusals::Listing,
    server::Server,
};

#[derive(Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListBoards {
    /// Only the one with this id of your own.
    #[param(max_length = 200)]
    external_id: Option<String>,
    /// `next_cursor` of the part before.
    cursor: Option<String>,
    #[param(value_type = Option<u64>, minimum = 1, maximum = 200, default = 50)]
    limit: Option<String>,
}

impl Request for ListBoards {
    type Meaning = (Option<String>, Part<BoardId>);

    fn read(self, fields: &mut Fields) -> Option<Self::Meaning> {
        let Self { external_id, cursor, limit } = self;
        let external_id = fields.optional("external_id", external_id, |text| one_line(text, EXTERNAL_ID_MOST));
        let part = Part::read(fields, cursor, limit);
        Some((external_id?, part?))
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
    let (external_id, part) = understood(query, fields).map_err(Problem::InvalidQuery)?;
    let boards = match (recruiter.narrowed(None)?, external_id) {
        (_, Some(external_id)) => {
            let found = server.ledger.board_by_external_id(&external_id).await?;
            found.into_iter().filter(|board| recruiter.may_see(board.id)).collect()
        }
        (Some(own), None) => vec![server.ledger.board(own).await?.ok_or(Problem::NotFound(Missing::Board))?],
        (None, None) => server.ledger.boards(part.page()).await?,
    };
    Ok(part.respond::<_, Board>(&server, &request, boards, |board| board.id))
}
