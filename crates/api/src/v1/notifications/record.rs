//! Everything on record about one message.

use hearback_ledger::OutboxRecord;
use serde::Serialize;
use utoipa::ToSchema;

use super::Message;
use crate::v1::applications::{Event, Try};

/// A message with its tries, its text, and what people did to it.
#[derive(Serialize, ToSchema)]
#[schema(as = MessageRecord)]
pub(super) struct Record {
    #[serde(flatten)]
    message: Message,
    /// As sent.
    #[schema(required)]
    subject: Option<String>,
    /// The text part, as sent.
    #[schema(required)]
    text: Option<String>,
    #[schema(required)]
    template_version: Option<String>,
    /// The tries that failed, oldest first.
    failures: Vec<Try>,
    /// The events that owe it or speak of it, oldest first.
    timeline: Vec<Event>,
}

impl From<OutboxRecord> for Record {
    fn from(record: OutboxRecord) -> Self {
        let OutboxRecord { item, notification, events } = record;
        Self {
            message: item.into(),
            subject: notification.subject,
            text: notification.text,
            template_version: notification.template_version,
            failures: notification.tries.into_iter().map(Try::from).collect(),
            timeline: events.into_iter().map(Event::from).collect(),
        }
    }
}
