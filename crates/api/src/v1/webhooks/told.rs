//! The `webhooks` of the document: what an endpoint is sent. `ledger/src/webhooks/payload.rs` writes it; a test holds the two together.

use hearback_domain::{
    application::{Stage, Status},
    ids,
    notification::{Kind, State},
    webhook::WebhookType,
};
use serde_json::{Value, json};
use utoipa::{
    Modify, ToSchema,
    openapi::{OpenApi as Document, path::Paths},
};

use crate::schema::{self, sample};

const HAPPENED: &str = "2026-11-27T09:30:00.000Z";

/// Adds them to a document.
pub(crate) struct Told;

/// What happened to an application, or was done about one of its messages.
#[derive(ToSchema)]
#[schema(as = WebhookEventData)]
#[expect(dead_code, reason = "it is described here, and written elsewhere")]
pub(crate) struct EventData {
    /// The event, as `GET /v1/events` has it.
    #[schema(value_type = schema::EventId)]
    event_id: String,
    #[schema(value_type = schema::ApplicationId)]
    application_id: String,
    #[schema(value_type = schema::JobId)]
    job_id: String,
    #[schema(value_type = schema::BoardId)]
    board_id: String,
    #[schema(value_type = schema::Status)]
    status: String,
    #[schema(value_type = schema::Stage)]
    stage: String,
    /// The message that it owes; `null` if it owes none.
    #[schema(value_type = Option<schema::NotificationId>, required)]
    notification_id: Option<String>,
    #[schema(value_type = Option<schema::NotificationKind>, required)]
    notification_kind: Option<String>,
    #[schema(value_type = Option<schema::NotificationState>, required)]
    notification_state: Option<String>,
    /// When a relay accepted that message; `null` until then. A decision that the applicant does not know of has none.
    #[schema(required)]
    told_at: Option<chrono::DateTime<chrono::Utc>>,
}

/// What became of a message to an applicant.
#[derive(ToSchema)]
#[schema(as = WebhookMessageData)]
#[expect(dead_code, reason = "it is described here, and written elsewhere")]
pub(crate) struct MessageData {
    #[schema(value_type = schema::ApplicationId)]
    application_id: String,
    #[schema(value_type = schema::JobId)]
    job_id: String,
    #[schema(value_type = schema::BoardId)]
    board_id: String,
    #[schema(value_type = schema::Status)]
    status: String,
    #[schema(value_type = schema::Stage)]
    stage: String,
    #[schema(value_type = schema::NotificationId)]
    notification_id: String,
    #[schema(value_type = schema::NotificationKind)]
    notification_kind: String,
    #[schema(value_type = schema::NotificationState)]
    notification_state: String,
    /// When a relay accepted it; `null` if none did, or if it came back.
    #[schema(required)]
    told_at: Option<chrono::DateTime<chrono::Utc>>,
}

/// Nothing happened: somebody looks whether webhooks arrive.
#[derive(ToSchema)]
#[schema(as = WebhookPingData)]
#[expect(dead_code, reason = "it is described here, and written elsewhere")]
pub(crate) struct PingData {
    #[schema(value_type = schema::WebhookEndpointId)]
    endpoint_id: String,
}

/// What a webhook's data are about, and the message in its example.
#[derive(Clone, Copy)]
enum About {
    /// An event, and what it owes.
    Event(Option<Kind>),
    /// A person's act on a message, and where the message is afterwards.
    Act(State),
    /// A message that was settled.
    Message(State),
    Endpoint,
}

impl Modify for Told {
    fn modify(&self, document: &mut Document) {
        let each = WebhookType::ALL.iter().map(|kind| (kind.as_str().to_owned(), json!({ "post": operation(*kind) })));
        let section: Paths = serde_json::from_value(Value::Object(each.collect())).expect("an operation is written as OpenAPI has it");
        document.webhooks = Some(section);
    }
}

fn operation(kind: WebhookType) -> Value {
    let (about, what) = meaning(kind);
    let word = kind.as_str();
    let data = match about {
        About::Event(_) | About::Act(_) => "WebhookEventData",
        About::Message(_) => "WebhookMessageData",
        About::Endpoint => "WebhookPingData",
    };
    let header = |name: &str, description: &str, schema: Value| json!({ "name": name, "in": "header", "required": true, "description": description, "schema": schema });
    let delivery = json!({ "$ref": "#/components/schemas/WebhookDeliveryId" });
    json!({
        "tags": ["webhooks"],
        "operationId": format!("told_{}", word.replace('.', "_")),
        "summary": what,
        "description": "Signed as [Standard Webhooks](https://www.standardwebhooks.com) describe it: verify it with one of their libraries. \
            It comes at least once, and in no particular order; `webhook-id` tells repeats. More is read by the API, with a key.",
        "security": [],
        "parameters": [
            header("webhook-id", "The delivery's id, the same however often it is sent.", delivery),
            header("webhook-timestamp", "When it was sent this time, in seconds since 1970.", json!({ "type": "integer", "format": "int64" })),
            header(
                "webhook-signature",
                "`v1,` and the HMAC-SHA256 of id, timestamp and body, joined by dots. For a day after a rotation there are two, with a space \
                 between: by the new secret and by the one before.",
                json!({ "type": "string", "pattern": "^v1,[A-Za-z0-9+/]{43}=( v1,[A-Za-z0-9+/]{43}=)?$" }),
            ),
        ],
        "requestBody": {
            "required": true,
            "content": { "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["type", "timestamp", "data"],
                    "properties": {
                        "type": { "type": "string", "enum": [word] },
                        "timestamp": { "type": "string", "format": "date-time", "description": "When it happened." },
                        "data": { "$ref": format!("#/components/schemas/{data}") },
                    },
                },
                "example": { "type": word, "timestamp": HAPPENED, "data": example(about) },
            } },
        },
        "responses": {
            "2XX": { "description": "It was taken, and is not sent again. Answer within 15 seconds, and work on it afterwards." },
            "3XX": { "description": "Not taken: redirects are not followed." },
            "410": { "description": "The endpoint is gone: it is switched off, and gets nothing more until it is switched on again." },
            "default": { "description": "Not taken, nor is what is not answered: it is sent again, ten times within three days and a half." },
        },
    })
}

const fn meaning(kind: WebhookType) -> (About, &'static str) {
    match kind {
        WebhookType::Submitted => (About::Event(Some(Kind::Received)), "Somebody applied"),
        WebhookType::Moved => (About::Event(Some(Kind::StageChanged)), "An application moved to another stage"),
        WebhookType::Rejected => (About::Event(Some(Kind::Rejected)), "An application was rejected"),
        WebhookType::Unrejected => (About::Event(None), "A rejection was taken back"),
        WebhookType::Hired => (About::Event(Some(Kind::Hired)), "An applicant was hired"),
        WebhookType::Withdrawn => (About::Event(Some(Kind::Withdrawn)), "An application was withdrawn"),
        WebhookType::Postponed => (About::Event(None), "A decision was put off"),
        WebhookType::Interviewed => (About::Event(None), "An interview was put on record"),
        WebhookType::ToldOtherwise => (About::Event(None), "A person told the applicant"),
        WebhookType::AddressCorrected => {
            (About::Event(None), "The right address of an applicant was given: what the old one refused is owed again")
        }
        WebhookType::Complained => {
            (About::Event(None), "An applicant reported a mail as unwanted: nothing more is sent to them but what a law asks for")
        }
        WebhookType::Replied => (About::Event(None), "An applicant wrote, and waits for an answer"),
        WebhookType::WrittenTo => (About::Event(None), "A recruiter wrote to an applicant"),
        WebhookType::MarkedAsAnswered => (About::Event(None), "A person said that what an applicant wrote needs no answer"),
        WebhookType::Merged => (About::Event(None), "An application is carried by another of the same person"),
        WebhookType::Unmerged => (About::Event(None), "An application stands on its own again"),
        WebhookType::DecisionDue => (About::Event(None), "The time for a decision runs out: somebody of the organisation was alerted"),
        WebhookType::Corrected => (About::Event(None), "Its name, language or time zone was corrected"),
        WebhookType::NotTold => (About::Event(None), "It was decided not to tell the applicant"),
        WebhookType::Erased => (About::Event(None), "An applicant's data was erased: erase your copies"),
        WebhookType::MessageSent => (About::Message(State::Sent), "A relay accepted a message: the applicant is told"),
        WebhookType::MessageBounced => (About::Message(State::Bounced), "A message came back after it was accepted"),
        WebhookType::MessageUndeliverable => (About::Message(State::Undeliverable), "A message was refused for good by its address"),
        WebhookType::MessageRetried => (About::Act(State::Scheduled), "A person had a message tried again"),
        WebhookType::MessageReleased => (About::Act(State::Scheduled), "A person let go a message that was held"),
        WebhookType::MessageCancelled => (About::Act(State::Cancelled), "A person cancelled a message"),
        WebhookType::Ping => (About::Endpoint, "Somebody looks whether webhooks arrive"),
    }
}

fn example(about: About) -> Value {
    let (message, is_event) = match about {
        About::Event(owes) => (owes.map(|kind| (kind, State::Scheduled)), true),
        About::Act(state) => (Some((Kind::Received, state)), true),
        About::Message(state) => (Some((Kind::Received, state)), false),
        About::Endpoint => return json!({ "endpoint_id": sample(ids::WebhookEndpointId::PREFIX) }),
    };
    let (kind, state) = message.unzip();
    // What tells an applicant of an end has the name of that end.
    let end = Status::ALL.iter().find(|status| kind.is_some_and(|kind| kind.as_str() == status.as_str()));
    let mut data = json!({
        "application_id": sample(ids::ApplicationId::PREFIX),
        "job_id": sample(ids::JobId::PREFIX),
        "board_id": sample(ids::BoardId::PREFIX),
        "status": end.copied().unwrap_or(Status::Active).as_str(),
        "stage": Stage::Received.as_str(),
        "notification_id": kind.map(|_| sample(ids::NotificationId::PREFIX)),
        "notification_kind": kind.map(Kind::as_str),
        "notification_state": state.map(State::as_str),
        "told_at": state.filter(|state| *state == State::Sent).map(|_| HAPPENED),
    });
    if is_event {
        data["event_id"] = sample(ids::EventId::PREFIX).into();
    }
    data
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_of_webhook_is_described_and_no_other() {
        let document = serde_json::to_value(crate::openapi()).unwrap();
        let described: Vec<&str> = document["webhooks"].as_object().unwrap().keys().map(String::as_str).collect();
        let mut known: Vec<&str> = WebhookType::ALL.iter().map(|kind| kind.as_str()).collect();
        known.sort_unstable();
        assert_eq!(described, known);
    }

    #[test]
    fn an_example_has_the_fields_that_are_described() {
        let document = serde_json::to_value(crate::openapi()).unwrap();
        for (word, item) in document["webhooks"].as_object().unwrap() {
            let content = &item["post"]["requestBody"]["content"]["application/json"];
            let data = content["schema"]["properties"]["data"]["$ref"].as_str().unwrap().trim_start_matches('#');
            let schema = document.pointer(data).unwrap();
            let (described, shown) = (schema["properties"].as_object().unwrap(), content["example"]["data"].as_object().unwrap());
            assert!(described.keys().eq(shown.keys()), "{word}");
            assert_eq!(schema["required"].as_array().unwrap().len(), described.len(), "{word}: whoever reads it may count on every field");
        }
    }
}
