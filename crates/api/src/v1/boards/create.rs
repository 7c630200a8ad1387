//! `POST /v1/boards`

use actix_web::{HttpResponse, http::header, web::Data};
use hearback_domain::{
    UnknownWord,
    locale::{Language, Locale},
    one_line::one_line,
};
use hearback_ledger::BoardDetails;
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use super::Board;
use crate::{
    auth::Recruiter,
    body::{Body, Request},
    fields::{Fields, reply_address, time_zone},
    problem::Problem,
    refusals::Creating,
    schema,
    server::Server,
};

/// A careers page to be made.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "organisation": "Example Health", "sender": "careers@example.com", "sender_name": "Example Health careers",
    "reply_to": "people@example.com", "locale": "en", "time_zone": "Europe/Berlin",
}))]
pub(crate) struct NewBoard {
    /// Your own id for it; unique on this server.
    #[validate(length(max = 200))]
    #[schema(max_length = 200)]
    external_id: Option<String>,
    /// The organisation as applicants know it.
    #[schema(value_type = String, max_length = 200)]
    organisation: Option<String>,
    /// The address that messages come from.
    #[schema(value_type = String, format = Email)]
    sender: Option<String>,
    /// The name that messages come from.
    #[schema(value_type = String, max_length = 200)]
    sender_name: Option<String>,
    /// Where applicants' answers reach a person. An address where nobody reads is refused.
    #[schema(value_type = String, format = Email)]
    reply_to: Option<String>,
    #[schema(value_type = schema::Locale)]
    locale: Option<String>,
    /// Where applicants live, as long as neither they nor the job say otherwise (IANA).
    #[schema(value_type = String, example = "Europe/Berlin")]
    time_zone: Option<String>,
}

impl Request for NewBoard {
    type Meaning = BoardDetails;

    fn read(self, fields: &mut Fields) -> Option<BoardDetails> {
        let Self { external_id, organisation, sender, sender_name, reply_to, locale, time_zone: zone } = self;
        let external_id = fields.optional("external_id", external_id, |text| one_line(text, 200));
        let organisation = fields.required("organisation", organisation, |text| one_line(text, 200));
        let sender = fields.required("sender", sender, str::parse);
        let sender_name = fields.required("sender_name", sender_name, |text| one_line(text, 200));
        let reply_to = fields.required("reply_to", reply_to, reply_address);
        let locale = fields.required("locale", locale, board_locale);
        let time_zone = fields.required("time_zone", zone, time_zone);
        Some(BoardDetails {
            external_id: external_id?,
            organisation: organisation?,
            sender: sender?,
            sender_name: sender_name?,
            reply_to: reply_to?,
            locale: locale?,
            time_zone: time_zone?,
        })
    }
}

/// `de-AT` is German; a language without texts is refused, since the board's is the one that there is always.
fn board_locale(text: &str) -> Result<Locale, UnknownWord> {
    text.parse::<Language>().ok().and_then(Language::locale).map_or_else(|| text.parse(), Ok)
}

/// Make a board
#[utoipa::path(
    post,
    path = "/v1/boards",
    operation_id = "createBoard",
    tag = "boards",
    security(("secret_key" = [])),
    request_body = NewBoard,
    responses(
        (status = 201, description = "The board is on record.", body = Board, headers(("Location" = String, description = "Its path."))),
        Creating,
    ),
)]
pub(crate) async fn create(server: Data<Server>, recruiter: Recruiter, body: Body) -> Result<HttpResponse, Problem> {
    recruiter.all_boards()?;
    let details = body.json::<NewBoard>()?;
    created(&server, details).await
}

pub(super) async fn created(server: &Server, details: BoardDetails) -> Result<HttpResponse, Problem> {
    let board = server.ledger.create_board(details).await?;
    let location = format!("/v1/boards/{}", board.id);
    Ok(HttpResponse::Created().insert_header((header::LOCATION, location)).json(Board::from(board)))
}
