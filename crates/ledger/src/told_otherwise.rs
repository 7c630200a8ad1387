//! A person told applicants something, other than through Hearback.

use chrono::{DateTime, Utc};
use hearback_domain::{
    actor::Actor,
    event::EventKind,
    ids::ApplicationId,
    promise::{Channel, Happening, Said},
};

use serde_json::json;

use crate::{
    Changed, Ledger, LedgerError,
    change::{Change, Rejected, change},
};

/// What was told, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldOtherwise {
    pub channel: Channel,
    pub said: Said,
    /// Without it, just now.
    pub at: Option<DateTime<Utc>>,
    /// For the organisation's eyes only.
    pub note: Option<String>,
}

impl Ledger {
    /// Keeps the promise with a name: what would say the same again is taken back.
    pub async fn told_otherwise(
        &self,
        applications: &[ApplicationId],
        told: &ToldOtherwise,
        actor: &Actor,
    ) -> Result<Vec<Changed>, LedgerError> {
        let ToldOtherwise { channel, said, at, note } = told;
        let at = at.unwrap_or_else(|| self.clock().now());
        let happening = Happening::ToldOtherwise { channel: *channel, said: *said, at };
        let mut data = json!({ "channel": channel, "said": said, "at": at });
        if let Some(note) = note {
            data["note"] = json!(note);
        }
        change(self, applications, &Change { happening, event: EventKind::ToldOtherwise, data, rejected: Rejected::Unchanged, actor }).await
    }
}
