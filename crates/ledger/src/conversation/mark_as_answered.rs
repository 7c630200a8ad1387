//! A person says that what an applicant wrote needs no answer.

use hearback_domain::{actor::Actor, event::EventKind, ids::ApplicationId, promise::Happening};
use serde_json::json;

use crate::{
    Changed, Ledger, LedgerError,
    change::{Change, Rejected, change},
};

impl Ledger {
    /// Ends the promise of an answer, with a name. Where nothing waits, nothing changes.
    pub async fn mark_as_answered(
        &self,
        applications: &[ApplicationId],
        note: Option<&str>,
        actor: &Actor,
    ) -> Result<Vec<Changed>, LedgerError> {
        let data = note.map_or_else(|| json!({}), |note| json!({ "note": note }));
        let (happening, event) = (Happening::MarkedAsAnswered, EventKind::MarkedAsAnswered);
        change(self, applications, &Change { happening, event, data, rejected: Rejected::Unchanged, actor }).await
    }
}
