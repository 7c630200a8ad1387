//! A recruiter moves applications to a stage.

use hearback_domain::{actor::Actor, application::Stage, event::EventKind, ids::ApplicationId, promise::Happening};

use serde_json::json;

use crate::{
    Changed, Ledger, LedgerError,
    change::{Change, Rejected, change},
};

impl Ledger {
    /// Moves applications to a stage, and tells their applicants or not.
    pub async fn move_stage(
        &self,
        applications: &[ApplicationId],
        to: Stage,
        tell: bool,
        actor: &Actor,
    ) -> Result<Vec<Changed>, LedgerError> {
        let happening = Happening::Moved { to, tell };
        let data = json!({ "to": to, "tell": tell });
        change(self, applications, &Change { happening, event: EventKind::Moved, data, rejected: Rejected::Unchanged, actor }).await
    }
}
