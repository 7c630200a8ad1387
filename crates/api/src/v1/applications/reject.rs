//! `POST /v1/applications/{id}/reject`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use hearback_ledger::Rejection;
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use super::{Record, change};
use crate::{
    auth::Recruiter,
    body::{Body, Request},
    fields::{Fields, WithExemption, time},
    problem::Problem,
    refusals::Changing,
    schema,
    server::Server,
};

/// A rejection. The applicant is told after the undo window.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "reason": "position_filled", "words": "We enjoyed meeting you.", "internal_note": "Ask again in spring." }))]
pub(crate) struct Reject {
    #[schema(value_type = schema::RejectionReason)]
    reason: Option<String>,
    /// Your own words to the applicant, as plain text.
    #[validate(length(max = 5_000))]
    #[schema(max_length = 5_000)]
    words: Option<String>,
    /// For the organisation's eyes only.
    #[validate(length(max = 5_000))]
    #[schema(max_length = 5_000)]
    internal_note: Option<String>,
    /// When the message may go out; without it, after the undo window. A date that the applicant was told is kept all the same.
    #[schema(format = DateTime)]
    send_after: Option<String>,
    /// Why the applicant gets no message about it. Without one, a message is owed.
    #[validate(length(max = 1_000))]
    #[schema(max_length = 1_000)]
    exemption: Option<String>,
}

impl Request for Reject {
    type Meaning = Rejection;

    fn read(self, fields: &mut Fields) -> Option<Rejection> {
        let Self { reason, words, internal_note, send_after, exemption } = self;
        if exemption.is_some() {
            for (field, given) in [("words", words.is_some()), ("send_after", send_after.is_some())] {
                if given {
                    fields.refuse_for(field, &WithExemption);
                }
            }
        }
        let reason = fields.required("reason", reason, str::parse);
        let words = fields.paragraphs("words", words);
        let internal_note = fields.paragraphs("internal_note", internal_note);
        let send_after = fields.optional("send_after", send_after, time);
        let exemption = fields.paragraphs("exemption", exemption);
        Some(Rejection { reason: reason?, internal_note: internal_note?, words: words?, send_after: send_after?, exemption: exemption? })
    }
}

/// Reject an application
#[utoipa::path(
    post,
    path = "/v1/applications/{id}/reject",
    operation_id = "rejectApplication",
    tag = "applications",
    security(("secret_key" = [])),
    params(("id" = schema::ApplicationId, Path, description = "The application's id.")),
    request_body = Reject,
    responses((status = 200, description = "The application as it stands now.", body = Record), Changing),
)]
pub(crate) async fn reject(server: Data<Server>, recruiter: Recruiter, request: HttpRequest, body: Body) -> Result<HttpResponse, Problem> {
    let id = change::named(&server, &recruiter, &request).await?;
    let rejection = body.json::<Reject>()?;
    let changed = server.ledger.reject(&[id], &rejection, &recruiter.actor).await?;
    change::respond(&server, changed).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{body::understood, fields::FieldCode};

    #[test]
    fn an_exemption_and_a_message_contradict_each_other() {
        let some = |text: &str| Some(text.to_owned());
        let reject = Reject {
            reason: some("spam"),
            words: some("Goodbye."),
            internal_note: some("A robot."),
            send_after: some("2026-11-23T09:00:00Z"),
            exemption: some("Nobody is there to be told."),
        };
        let Err(fields) = understood(reject, Fields::default()) else { panic!("it was understood") };
        let wrong: Vec<_> = fields.errors().iter().map(|error| (error.field.as_str(), error.code)).collect();
        assert_eq!(wrong, [("words", FieldCode::Contradictory), ("send_after", FieldCode::Contradictory)]);
    }
}
