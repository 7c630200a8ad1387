//! The organisation's policy is its configuration: a worker that starts compares it with the one that was in force.

use hearback_domain::{
    actor::Actor,
    ids::ApplicationId,
    policy::{Overrides, Policy},
};
use sea_orm::{ConnectionTrait, Statement};

use super::{PolicyError, PolicyPreview, WhosePolicy, set::read};
use crate::{Ledger, LedgerError, Page};

const LATEST: &str = "SELECT after FROM policy_change WHERE board_id IS NULL AND job_id IS NULL ORDER BY id DESC LIMIT 1";

impl Ledger {
    /// From now on this ledger's policy is the organisation's: what is owed already is derived again, if it was another.
    pub async fn adopt_policy(&self) -> Result<(), LedgerError> {
        let now = text_of(self.policy());
        let transaction = self.database().begin().await?;
        // Two workers of PostgreSQL may both note one change: what the second one's says was done by then.
        let latest = in_force(self, &transaction).await?;
        if latest.as_deref() == Some(now.as_str()) {
            return Ok(transaction.rollback().await?);
        }
        match &latest {
            Some(_) => tracing::warn!("the organisation's policy is another than before: what is owed already is derived again from it"),
            None => tracing::debug!("the organisation's policy is put on record"),
        }
        // Whoever applied before policies were on record applied under this one, as far as anybody knows.
        let before = latest.unwrap_or_else(|| now.clone());
        self.note_change(&transaction, WhosePolicy::Organisation, [before, now], &Actor::system("configuration")).await?;
        Ok(transaction.commit().await?)
    }

    /// What [`adopt_policy`](Self::adopt_policy) would change, for up to `page.limit` applications. Writes nothing.
    pub async fn preview_adoption(&self, page: Page<ApplicationId>) -> Result<PolicyPreview, PolicyError> {
        let now = text_of(self.policy());
        let before = in_force(self, self.database().reader()).await?.unwrap_or_else(|| now.clone());
        self.preview_change(WhosePolicy::Organisation, [&before, &now], page).await
    }
}

async fn in_force(ledger: &Ledger, connection: &impl ConnectionTrait) -> Result<Option<String>, LedgerError> {
    let latest = connection.query_one_raw(Statement::from_string(ledger.database().backend(), LATEST)).await?;
    latest.map(|row| read(&row, "after")).transpose()
}

fn text_of(policy: &Policy) -> String {
    serde_json::to_string(&Overrides::from(policy)).expect("words and numbers can be written as JSON")
}
