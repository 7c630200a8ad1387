//! Somebody records that interviews took place.

use chrono::{DateTime, Utc};
use hearback_domain::{actor::Actor, event::EventKind, ids::ApplicationId, promise::Happening};

use serde_json::json;

use crate::{
    Changed, Ledger, LedgerError,
    change::{Change, Rejected, change},
};

impl Ledger {
    /// Each is on record; dates that the law counts from the last one follow it.
    pub async fn interviewed(&self, applications: &[ApplicationId], at: DateTime<Utc>, actor: &Actor) -> Result<Vec<Changed>, LedgerError> {
        let (happening, data) = (Happening::Interviewed { at }, json!({ "at": at }));
        change(self, applications, &Change { happening, event: EventKind::Interviewed, data, rejected: Rejected::Unchanged, actor }).await
    }
}
