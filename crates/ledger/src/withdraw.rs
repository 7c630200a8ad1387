//! Applicants withdraw, or somebody does it for them.

use hearback_domain::{actor::Actor, event::EventKind, ids::ApplicationId, promise::Happening};

use serde_json::json;

use crate::{
    Changed, Ledger, LedgerError,
    change::{Change, Rejected, change},
};

impl Ledger {
    /// Always succeeds for an application that exists.
    pub async fn withdraw(&self, applications: &[ApplicationId], by_applicant: bool, actor: &Actor) -> Result<Vec<Changed>, LedgerError> {
        let happening = Happening::Withdrawn { by_applicant };
        let data = json!({ "by_applicant": by_applicant });
        change(self, applications, &Change { happening, event: EventKind::Withdrawn, data, rejected: Rejected::Unchanged, actor }).await
    }
}
