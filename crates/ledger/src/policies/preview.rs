//! What a change of policy would do, person by person, before anybody makes it.

use hearback_domain::{
    ids::ApplicationId,
    policy::Overrides,
    promise::rederive::{PolicyChange, rederive},
};

use super::{PolicyError, WhosePolicy};
use crate::{
    Ledger, Page,
    change::{Lock, lock},
};

/// Those whose promises would change, of a part of the applications.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyPreview {
    pub items: Vec<PolicyPreviewed>,
    /// Looked at for it.
    pub examined: usize,
    /// Where the next part begins.
    pub next: Option<ApplicationId>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyPreviewed {
    pub application: ApplicationId,
    pub changes: Vec<PolicyChange>,
}

impl Ledger {
    /// Looks at up to `page.limit` applications and writes nothing.
    pub async fn preview_policy(
        &self,
        whose: WhosePolicy,
        overrides: &Overrides,
        page: Page<ApplicationId>,
    ) -> Result<PolicyPreview, PolicyError> {
        self.check_policy(whose, overrides).await?;
        let after = serde_json::to_string(overrides).expect("words and numbers can be written as JSON");
        let before = self.policy_text(whose).await?;
        self.preview_change(whose, [&before, &after], page).await
    }

    pub(super) async fn preview_change(
        &self,
        whose: WhosePolicy,
        [before, after]: [&str; 2],
        page: Page<ApplicationId>,
    ) -> Result<PolicyPreview, PolicyError> {
        let part = whose.part(self, page.after, page.limit).await?;
        let transaction = self.database().begin().await?;
        let locked = lock(&transaction, &part.open, Lock::Applications).await?.readable;
        // The facts are copies: nobody has to wait for what follows.
        transaction.rollback().await.map_err(crate::LedgerError::from)?;
        let now = self.now();
        let previewed = locked.into_iter().map(|(application, locked)| {
            let [old, new] = [before, after].map(|text| whose.with(text, self.policy(), &locked.overriding));
            PolicyPreviewed { application, changes: rederive(&locked.facts, &old, &new, now).changes }
        });
        let items = previewed.filter(|previewed| !previewed.changes.is_empty()).collect();
        let is_last = (part.examined as u64) < page.limit;
        Ok(PolicyPreview { items, examined: part.examined, next: part.last.filter(|_| !is_last) })
    }
}
