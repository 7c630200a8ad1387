//! Keys that ended since they were looked up: an application is never taken with one, whichever process it was revoked in.

use std::collections::{BTreeSet, HashSet};

use hearback_domain::{actor::ActorKind, ids::ApiKeyId};
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use crate::{
    Ledger, LedgerError, Submission,
    rows::{Column, Rows},
};

const SELECT: &str = "SELECT k.id FROM api_key k JOIN v ON v.id = k.id WHERE k.revoked_at IS NOT NULL OR (k.expires_at IS NOT NULL AND k.expires_at <= v.now)";

/// Those of the submitters' keys that do not work any more.
pub(crate) async fn ended(ledger: &Ledger, submissions: &[&Submission]) -> Result<HashSet<String>, LedgerError> {
    let keys = submissions.iter().filter(|submission| submission.actor.kind == ActorKind::ApiKey);
    let keys: BTreeSet<ApiKeyId> = keys.filter_map(|submission| submission.actor.id.parse().ok()).collect();
    if keys.is_empty() {
        return Ok(HashSet::new());
    }
    let (database, now) = (ledger.database(), ledger.clock().now());
    let rows = Rows::new([Column::Uuid("id"), Column::Time("now")], keys.into_iter().map(|key| [key.uuid().into(), now.into()]));
    let found = database.reader().query_all_raw(rows.statement(database.backend(), SELECT)).await?;
    found.iter().map(|row| Ok(ApiKeyId::from(row.try_get::<Uuid>("", "id")?).to_string())).collect()
}
