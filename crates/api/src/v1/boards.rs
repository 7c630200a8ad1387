//! Careers pages.

pub(crate) mod create;
pub(crate) mod find;
pub(crate) mod list;
pub(crate) mod put;
pub(crate) mod set;
pub(crate) mod show;

use chrono::{DateTime, Utc};
use hearback_ledger::BoardDetails;
use serde::Serialize;
use utoipa::ToSchema;

use crate::schema;

/// A careers page.
#[derive(Serialize, ToSchema)]
pub(crate) struct Board {
    #[schema(value_type = schema::BoardId)]
    id: String,
    /// Your own id for it.
    #[schema(required)]
    external_id: Option<String>,
    /// The organisation as applicants know it.
    organisation: String,
    /// The address that messages come from.
    #[schema(format = Email)]
    sender: String,
    /// The name that messages come from.
    sender_name: String,
    /// Where applicants' answers reach a person.
    #[schema(format = Email)]
    reply_to: String,
    #[schema(value_type = schema::Locale)]
    locale: &'static str,
    /// Where applicants live, as long as neither they nor the job say otherwise (IANA).
    #[schema(example = "Europe/Berlin")]
    time_zone: &'static str,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<hearback_ledger::Board> for Board {
    fn from(board: hearback_ledger::Board) -> Self {
        let hearback_ledger::Board { id, details, created_at, updated_at } = board;
        let BoardDetails { external_id, organisation, sender, sender_name, reply_to, locale, time_zone } = details;
        Self {
            id: id.to_string(),
            external_id,
            organisation,
            sender: sender.to_string(),
            sender_name,
            reply_to: reply_to.to_string(),
            locale: locale.as_str(),
            time_zone: time_zone.name(),
            created_at,
            updated_at,
        }
    }
}
