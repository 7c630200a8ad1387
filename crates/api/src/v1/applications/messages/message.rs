//! One message of a conversation, as it is shown.

use chrono::{DateTime, Utc};
use hearback_ledger::Attachment;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{schema, v1::applications::Actor};

/// Something that the applicant or the organisation wrote.
#[derive(Serialize, ToSchema)]
#[schema(as = ConversationMessage)]
pub(crate) struct Message {
    #[schema(value_type = schema::MessageId)]
    id: String,
    /// `received` from the applicant, or `sent` to them.
    #[schema(value_type = schema::Direction)]
    direction: &'static str,
    /// The way that it came to Hearback.
    #[schema(value_type = schema::MessageWay)]
    way: &'static str,
    actor: Actor,
    at: DateTime<Utc>,
    /// Of a mail from the applicant: as its `From` says, which proves nothing.
    #[schema(required)]
    from_address: Option<String>,
    /// Of a mail that came in; of what was sent, as the answer to one has it.
    #[schema(required)]
    subject: Option<String>,
    /// The words, without quotes and signatures.
    text: String,
    /// Of a mail that came in: all of it, without scripts, styles, and whatever is fetched without a click.
    #[schema(required)]
    html: Option<String>,
    /// The files that came with it.
    attachments: Vec<MessageFile>,
    /// Files that came with it and were not kept, because they are none of what applicants send, or too many.
    files_left_out: u32,
    /// Of what was sent: the message that brings it to the applicant. Of what came in: the one that it answers, where that is known.
    #[schema(required, value_type = Option<schema::NotificationId>)]
    notification_id: Option<String>,
    /// How that message stands. What was sent has reached the applicant's relay when it is `sent`.
    #[schema(required, value_type = Option<schema::NotificationState>)]
    notification_state: Option<&'static str>,
}

/// A file of a message.
#[derive(Serialize, ToSchema)]
pub(crate) struct MessageFile {
    #[schema(value_type = schema::AttachmentId)]
    id: String,
    file_name: String,
}

impl Message {
    /// `files` are those of the whole application.
    pub(super) fn of(message: hearback_ledger::Message, files: &[Attachment]) -> Self {
        let hearback_ledger::Message {
            id,
            application: _,
            direction,
            way,
            actor,
            at,
            from_address,
            subject,
            text,
            html,
            left_out,
            mail_message_id: _,
            in_reply_to: _,
            inbound_mail: _,
            notification,
            state,
        } = message;
        let its = files.iter().filter(|file| file.message == Some(id));
        Self {
            id: id.to_string(),
            direction: direction.as_str(),
            way: way.as_str(),
            actor: actor.into(),
            at,
            from_address,
            subject,
            text,
            html,
            attachments: its.map(|file| MessageFile { id: file.id.to_string(), file_name: file.file_name.clone() }).collect(),
            files_left_out: left_out,
            notification_id: notification.map(|id| id.to_string()),
            notification_state: state.map(|state| state.as_str()),
        }
    }
}
