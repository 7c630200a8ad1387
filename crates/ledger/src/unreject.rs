//! A recruiter takes rejections back.

use hearback_domain::{actor::Actor, event::EventKind, ids::ApplicationId, promise::Happening};

use serde_json::json;

use crate::{
    Changed, Ledger, LedgerError,
    change::{Change, Rejected, change},
};

impl Ledger {
    /// Takes rejections back: at once everywhere if they were not handed to a relay, with a correction otherwise.
    pub async fn unreject(&self, applications: &[ApplicationId], actor: &Actor) -> Result<Vec<Changed>, LedgerError> {
        let (happening, event, rejected) = (Happening::Unrejected, EventKind::Unrejected, Rejected::NoLonger);
        change(self, applications, &Change { happening, event, data: json!({}), rejected, actor }).await
    }
}
