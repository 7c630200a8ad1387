//! `GET /v1/applications/{id}/messages`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use hearback_domain::ids::MessageId;
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;

use super::message::Message;
use crate::{
    auth::Recruiter,
    body::{Request, from_query, understood},
    fields::Fields,
    pagination::{List, Part},
    path,
    problem::{Missing, Problem},
    refusals::Listing,
    schema,
    server::Server,
};

#[derive(Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListMessages {
    /// `next_cursor` of the part before.
    cursor: Option<String>,
    #[param(value_type = Option<u64>, minimum = 1, maximum = 200, default = 50)]
    limit: Option<String>,
}

impl Request for ListMessages {
    type Meaning = Part<MessageId>;

    fn read(self, fields: &mut Fields) -> Option<Self::Meaning> {
        let Self { cursor, limit } = self;
        Part::read(fields, cursor, limit)
    }
}

/// Read a conversation
///
/// What the applicant and the organisation wrote to each other. The mails that Hearback writes by itself are the application's
/// `notifications`.
#[utoipa::path(
    get,
    path = "/v1/applications/{id}/messages",
    operation_id = "readConversation",
    tag = "applications",
    security(("secret_key" = [])),
    params(("id" = schema::ApplicationId, Path, description = "The application's id."), ListMessages),
    responses(
        (
            status = 200, body = List<Message>, description = "Both sides, the oldest first.",
            headers(("Link" = String, description = "The next part, as `rel=\"next\"`.")),
        ),
        Listing,
    ),
)]
pub(crate) async fn list(server: Data<Server>, recruiter: Recruiter, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let id = path::id(&request, Missing::Application)?;
    let (query, fields) = from_query::<ListMessages>(request.query_string().as_bytes());
    let part = understood(query, fields).map_err(Problem::InvalidQuery)?;
    let application = recruiter.application(&server, id).await?;
    let messages = server.ledger.messages(application.id, part.page()).await?;
    let files = server.ledger.attachments(application.id).await?;
    let shown = messages.into_iter().map(|message| Shown { id: message.id, message: Message::of(message, &files) }).collect();
    Ok(part.respond::<_, Message>(&server, &request, shown, |shown: &Shown| shown.id))
}

/// With the id that a cursor is made of.
struct Shown {
    id: MessageId,
    message: Message,
}

impl From<Shown> for Message {
    fn from(shown: Shown) -> Self {
        shown.message
    }
}
