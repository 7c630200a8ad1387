//! Files that came with an application, or with a message of its applicant.

pub(crate) mod download;
pub(crate) mod list;

use chrono::{DateTime, Utc};
use data_encoding::HEXLOWER;
use serde::Serialize;
use utoipa::ToSchema;

use crate::schema;

/// A file that came with an application.
#[derive(Serialize, ToSchema)]
pub(crate) struct Attachment {
    #[schema(value_type = schema::AttachmentId)]
    id: String,
    #[schema(value_type = schema::AttachmentRole)]
    role: &'static str,
    /// As its sender named it, without what could be more than a name, and with an ending that says what it is.
    #[schema(example = "Robin Example.pdf")]
    file_name: String,
    /// By its own bytes; what the sender said of it counts for nothing.
    #[schema(value_type = schema::FileKind)]
    media_type: &'static str,
    /// In bytes.
    size: u64,
    /// In hexadecimal digits.
    sha256: String,
    created_at: DateTime<Utc>,
    /// The message of the applicant that it came with; without one, it came with the application.
    #[schema(required, value_type = Option<schema::MessageId>)]
    message_id: Option<String>,
}

impl From<hearback_ledger::Attachment> for Attachment {
    fn from(attachment: hearback_ledger::Attachment) -> Self {
        let hearback_ledger::Attachment { id, application: _, role, file_name, kind, size, sha256, created_at, message } = attachment;
        let message_id = message.map(|message| message.to_string());
        let sha256 = HEXLOWER.encode(&sha256);
        Self { id: id.to_string(), role: role.as_str(), file_name, media_type: kind.as_str(), size, sha256, created_at, message_id }
    }
}
