//! `POST /v1/applications/{id}/messages`

use actix_web::{HttpRequest, HttpResponse, http::header, web::Data};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use super::message::Message;
use crate::{
    auth::Recruiter,
    body::{Body, Request},
    fields::Fields,
    problem::{Missing, Problem},
    refusals::Changing,
    schema,
    server::Server,
    text::paragraphs,
    v1::applications::change,
};

/// Your own words to an applicant.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(as = WriteMessage, example = json!({ "text": "Yes, by bicycle is fine.\n\nMaria" }))]
pub(crate) struct Write {
    /// As plain text. Greet and sign as you would in any mail.
    #[validate(length(max = 20_000))]
    #[schema(value_type = String, max_length = 20_000)]
    text: Option<String>,
}

impl Request for Write {
    type Meaning = String;

    fn read(self, fields: &mut Fields) -> Option<String> {
        let Self { text } = self;
        fields.required("text", text, paragraphs)
    }
}

/// Write to an applicant
///
/// The message goes out from the board's address, in the thread of the applicant's last mail, after whatever else is on its way to them. What
/// they wrote until now is answered once a relay has accepted it.
#[utoipa::path(
    post,
    path = "/v1/applications/{id}/messages",
    operation_id = "writeMessage",
    tag = "applications",
    security(("secret_key" = [])),
    params(("id" = schema::ApplicationId, Path, description = "The application's id.")),
    request_body = Write,
    responses((status = 201, description = "It is owed to the applicant.", body = Message), Changing),
)]
pub(crate) async fn write(server: Data<Server>, recruiter: Recruiter, request: HttpRequest, body: Body) -> Result<HttpResponse, Problem> {
    let id = change::named(&server, &recruiter, &request).await?;
    let words = body.json::<Write>()?;
    let message = server.ledger.write_to_applicant(id, &words, &recruiter.actor).await??;
    let message = server.ledger.message(message).await?.ok_or(Problem::NotFound(Missing::Application))?;
    Ok(HttpResponse::Created().insert_header((header::CACHE_CONTROL, "no-store")).json(Message::of(message, &[])))
}
