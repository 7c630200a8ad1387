//! What an operation would mean for each person, by the same verdict that the worker reaches. Nothing is written, and nobody waits for it.

use std::collections::{BTreeMap, HashMap};

use hearback_domain::{
    ids::ApplicationId,
    promise::bulk::{Gets, Silent, Tally, Verdict, verdict},
};
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use super::{
    Begin, BulkError, CHUNK, Spec,
    chosen::{self, People},
};
use crate::{
    Ledger, LedgerError, Page,
    change::look,
    rows::{Column, Rows},
};

/// One part of the people, and with the first part what all of it comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DryRun {
    pub people: Vec<DryRunPerson>,
    pub summary: Option<Summary>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// How many applications it looks at.
    pub applications: u64,
    pub messages: u32,
    pub silent: BTreeMap<Silent, u32>,
    pub unreadable: u64,
    /// Whether the operation needs the confirmation.
    pub is_required: bool,
    pub confirmation: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DryRunPerson {
    pub application: ApplicationId,
    pub name: String,
    /// `None` if the application cannot be read.
    pub gets: Option<Gets>,
}

impl Ledger {
    pub async fn dry_run(&self, begin: Begin<'_>, page: Page<ApplicationId>) -> Result<DryRun, BulkError> {
        self.all_are_there(&begin).await?;
        let after = page.after.map_or(Uuid::nil(), ApplicationId::uuid);
        let limit = usize::try_from(page.limit).unwrap_or(CHUNK).min(CHUNK);
        let shown = self.verdicts(begin.spec, after, limit).await?;
        let names = self.names(&shown).await?;
        let person = |(application, verdict): (ApplicationId, Option<Verdict>)| DryRunPerson {
            application,
            name: names.get(&application).cloned().unwrap_or_default(),
            gets: verdict.map(|verdict| verdict.gets),
        };
        let summary = match page.after {
            None => Some(self.summary(begin.spec).await?),
            Some(_) => None,
        };
        Ok(DryRun { people: shown.into_iter().map(person).collect(), summary })
    }

    async fn summary(&self, spec: &Spec) -> Result<Summary, LedgerError> {
        // First who they are: whatever changes while they are looked at makes the confirmation worthless, and not another one.
        let people: People = self.people(spec).await?;
        let (mut tally, mut after, mut applications, mut unreadable) = (Tally::default(), Uuid::nil(), 0, 0);
        loop {
            let verdicts = self.verdicts(spec, after, CHUNK).await?;
            let Some((last, _)) = verdicts.last() else { break };
            after = last.uuid();
            for (application, verdict) in &verdicts {
                applications += 1;
                match verdict {
                    Some(verdict) => tally.add(*application, verdict),
                    None => unreadable += 1,
                }
            }
        }
        let (messages, silent) = (tally.messages, tally.silent);
        let (is_required, confirmation) = (people.need_confirmation(), self.confirmation(spec, &people)?);
        Ok(Summary { applications, messages, silent, unreadable, is_required, confirmation })
    }

    /// In the order of ids, whether active or not.
    async fn verdicts(&self, spec: &Spec, after: Uuid, limit: usize) -> Result<Vec<(ApplicationId, Option<Verdict>)>, LedgerError> {
        let reader = self.database().reader();
        let ids = chosen::next(reader, spec, chosen::From { after, up_to: None, left_by: None }, limit).await?;
        let (looked, operation, now) = (look(reader, &ids).await?, spec.operation(), self.now());
        let of = |id: &ApplicationId| {
            let locked = looked.readable.get(id)?;
            Some(verdict(&operation, &locked.facts, spec.is_named(*id), &self.policy_under(&locked.overriding), now))
        };
        Ok(ids.iter().map(|id| (*id, of(id))).collect())
    }

    async fn names<T>(&self, shown: &[(ApplicationId, T)]) -> Result<HashMap<ApplicationId, String>, LedgerError> {
        const NAMES: &str = "SELECT a.id, a.name FROM application a WHERE a.id IN (SELECT v.id FROM v)";
        let rows = Rows::new([Column::Uuid("id")], shown.iter().map(|(id, _)| [id.uuid().into()]));
        if rows.is_empty() {
            return Ok(HashMap::new());
        }
        let database = self.database();
        let named = database.reader().query_all_raw(rows.statement(database.backend(), NAMES)).await?;
        named.iter().map(|row| Ok((row.try_get::<Uuid>("", "id")?.into(), row.try_get("", "name")?))).collect()
    }
}
