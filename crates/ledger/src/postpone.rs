//! A recruiter puts decisions off.

use chrono::{DateTime, Utc};
use hearback_domain::{actor::Actor, event::EventKind, ids::ApplicationId, promise::Happening};

use serde_json::json;

use crate::{
    Changed, Ledger, LedgerError,
    change::{Change, Rejected, change},
};

impl Ledger {
    /// Puts decisions off to a date, for a reason that stays on record. Nothing that an applicant was told moves.
    pub async fn postpone_decision(
        &self,
        applications: &[ApplicationId],
        until: DateTime<Utc>,
        reason: &str,
        actor: &Actor,
    ) -> Result<Vec<Changed>, LedgerError> {
        let (happening, data) = (Happening::Postponed { until }, json!({ "until": until, "reason": reason }));
        change(self, applications, &Change { happening, event: EventKind::Postponed, data, rejected: Rejected::Unchanged, actor }).await
    }
}
