//! A recruiter hires applicants.

use hearback_domain::{actor::Actor, event::EventKind, ids::ApplicationId, promise::Happening};

use serde_json::json;

use crate::{
    Changed, Ledger, LedgerError,
    change::{Change, Rejected, change},
};

impl Ledger {
    /// `words` are the recruiter's own, as plain text.
    pub async fn hire(&self, applications: &[ApplicationId], words: Option<&str>, actor: &Actor) -> Result<Vec<Changed>, LedgerError> {
        let happening = Happening::Hired { words: words.map(str::to_owned) };
        let (event, rejected) = (EventKind::Hired, Rejected::Unchanged);
        change(self, applications, &Change { happening, event, data: json!({}), rejected, actor }).await
    }
}
