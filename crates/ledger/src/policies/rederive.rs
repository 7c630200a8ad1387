//! After a policy changed, what is owed already is derived again: a part at a time, each a transaction that also says how far it came. Doing a
//! part twice changes nothing the second time.

use chrono::TimeDelta;
use hearback_domain::{actor::Actor, event::EventKind, ids::ApplicationId, promise::rederive::rederive};
use sea_orm::{ConnectionTrait, QueryResult, Statement};
use serde_json::json;
use uuid::Uuid;

use super::{WhosePolicy, set::read};
use crate::{
    Ledger, LedgerError,
    change::{Lock, LockedAll, NewEvent, Rejected, Step, execute, lock, write},
    periodic::Done,
    rows::{Cell, Column, Rows},
};

/// As many applications as one transaction locks.
const AT_ONCE: u64 = 500;

/// A change is noticed within this.
const EVERY: TimeDelta = TimeDelta::seconds(10);

/// Made by two processes of one release at a time, or lost to a deadlock.
const ATTEMPTS: usize = 4;

const OLDEST: &str = "SELECT id, board_id, job_id, before, seen_to FROM policy_change WHERE finished_at IS NULL ORDER BY id LIMIT 1";

struct Open {
    id: Uuid,
    whose: WhosePolicy,
    before: String,
    seen_to: Option<ApplicationId>,
}

impl Ledger {
    /// One part of the oldest change that is not carried out yet; the rest follows at once.
    pub(crate) async fn rederive_after_changes(&self) -> Result<Done, LedgerError> {
        let is_more = self.rederive_part().await?;
        Ok(Done { progress: json!({}), again_in: if is_more { TimeDelta::zero() } else { EVERY } })
    }

    /// Returns whether there was anything to look at.
    pub(crate) async fn rederive_part(&self) -> Result<bool, LedgerError> {
        let database = self.database();
        let Some(row) = database.reader().query_one_raw(Statement::from_string(database.backend(), OLDEST)).await? else {
            return Ok(false);
        };
        let open = Open::read(&row)?;
        let part = open.whose.part(self, open.seen_to, AT_ONCE).await?;
        let mut attempt = 1;
        loop {
            match self.rederive_all(&open, &part.open, part.last, part.examined).await {
                Err(error) if error.is_lost_race() && attempt < ATTEMPTS => attempt += 1,
                other => return other.map(|()| true),
            }
        }
    }

    async fn rederive_all(
        &self,
        open: &Open,
        applications: &[ApplicationId],
        last: Option<ApplicationId>,
        examined: usize,
    ) -> Result<(), LedgerError> {
        let transaction = self.database().begin().await?;
        // One that cannot be read is no business of a policy; audit names it.
        let LockedAll { readable, unreadable: _ } = lock(&transaction, applications, Lock::WithMessages).await?;
        let now = self.now();
        let mut steps = Vec::new();
        for locked in readable.values() {
            let old = open.whose.with(&open.before, self.policy(), &locked.overriding);
            let rederived = rederive(&locked.facts, &old, &self.policy_under(&locked.overriding), now);
            if rederived.changes.is_empty() {
                continue;
            }
            let changes: Vec<String> = rederived.changes.iter().map(ToString::to_string).collect();
            let event = NewEvent::of(EventKind::PolicyChanged, &Actor::system("policy"), json!({ "changes": changes }));
            let decision = rederived.decision;
            steps.push(Step { locked, decision, settled: None, event: Some(event), rejected: Rejected::Unchanged, words: None });
        }
        let changed = steps.len();
        let something_due = write(self, &transaction, steps, now).await?;
        let is_last = (examined as u64) < AT_ONCE;
        let columns =
            [Column::Uuid("id"), Column::Uuid("seen_to"), Column::Int("examined"), Column::Int("changed"), Column::Time("finished_at")];
        let count = |number: usize| Cell::Int(i64::try_from(number).unwrap_or(i64::MAX));
        let row = [
            open.id.into(),
            last.or(open.seen_to).map(ApplicationId::uuid).into(),
            count(examined),
            count(changed),
            is_last.then_some(now).into(),
        ];
        execute(&transaction, Rows::new(columns, [row]), NOTE).await?;
        transaction.commit().await?;
        if something_due {
            self.wake();
        }
        Ok(())
    }
}

const NOTE: &str = "UPDATE policy_change SET seen_to = v.seen_to, examined = policy_change.examined + v.examined,
    changed = policy_change.changed + v.changed, finished_at = v.finished_at FROM v WHERE policy_change.id = v.id";

impl Open {
    fn read(row: &QueryResult) -> Result<Self, LedgerError> {
        let whose = WhosePolicy::of(read(row, "board_id")?, read(row, "job_id")?);
        let seen_to = read::<Option<Uuid>>(row, "seen_to")?.map(ApplicationId::from);
        Ok(Self { id: read(row, "id")?, whose, before: read(row, "before")?, seen_to })
    }
}
