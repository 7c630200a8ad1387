//! Whom an operation reaches, read piece by piece.

use std::collections::BTreeSet;

use hearback_domain::{
    application::Stage,
    ids::{ApplicationId, OperationId},
};
use sea_orm::{ConnectionTrait, Statement, Value};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Selection, Spec, Those, What};
use crate::{
    Ledger, LedgerError,
    policies::Overriding,
    rows::{Column, Rows},
};

/// As many as one statement counts.
const PART: i64 = 20_000;

/// Where to look.
#[derive(Clone, Copy, Debug)]
pub(super) struct From {
    pub(super) after: Uuid,
    /// Whoever came in later is not meant.
    pub(super) up_to: Option<Uuid>,
    /// Without those that this operation has dealt with, and those that have ended.
    pub(super) left_by: Option<OperationId>,
}

/// The next of them, in the order of their ids.
pub(super) async fn next(
    connection: &impl ConnectionTrait,
    spec: &Spec,
    from: From,
    limit: usize,
) -> Result<Vec<ApplicationId>, LedgerError> {
    let From { after, up_to, left_by } = from;
    let those = match &spec.who {
        Selection::These(ids) => {
            let mut ids: Vec<ApplicationId> = ids.iter().copied().filter(|id| id.uuid() > after).collect();
            ids.sort_unstable();
            ids.dedup();
            ids.truncate(limit);
            return Ok(ids);
        }
        Selection::Those(those) => those,
    };
    let mut query = Query::of(those, after);
    if let Some(up_to) = up_to {
        query.and("a.id <= ?", up_to);
    }
    if let Some(operation) = left_by {
        query.text.push_str(" AND a.status = 'active' AND a.carried_by IS NULL");
        query.and("NOT EXISTS (SELECT 1 FROM bulk_item i WHERE i.operation_id = ? AND i.application_id = a.id)", operation.uuid());
    }
    let rows = query.rows(connection, "a.id", i64::try_from(limit).unwrap_or(i64::MAX)).await?;
    rows.iter().map(|row| Ok(ApplicationId::from(row.try_get::<Uuid>("", "id")?))).collect()
}

/// Those who would be reached now: how many, and a fingerprint of who they are and how far they came.
#[derive(Debug)]
pub(super) struct People {
    pub(super) count: u32,
    /// How many of them would be written to, as far as that can be known without deciding.
    pub(super) told: u32,
    /// How many may be written to without a confirmation: the least that any of their jobs allows.
    pub(super) cap: u32,
    pub(super) last: Uuid,
    pub(super) fingerprint: [u8; 32],
}

impl People {
    pub(super) const fn need_confirmation(&self) -> bool {
        self.told > self.cap
    }
}

impl Ledger {
    pub(super) async fn people(&self, spec: &Spec) -> Result<People, LedgerError> {
        let (mut people, jobs) = people(self.database().reader(), spec).await?;
        people.cap = self.bulk_cap(jobs).await?;
        Ok(people)
    }

    /// The least that any of these jobs allows.
    pub(crate) async fn bulk_cap(&self, jobs: BTreeSet<Uuid>) -> Result<u32, LedgerError> {
        const POLICIES: &str =
            "SELECT DISTINCT b.policy AS board_policy, j.policy AS job_policy FROM job j JOIN board b ON b.id = j.board_id
            WHERE j.id IN (SELECT v.id FROM v)";
        let rows = Rows::new([Column::Uuid("id")], jobs.into_iter().map(|job| [job.into()]));
        if rows.is_empty() {
            return Ok(self.policy().bulk_cap);
        }
        let database = self.database();
        let mut strictest = None;
        for row in database.reader().query_all_raw(rows.statement(database.backend(), POLICIES)).await? {
            let overriding = Overriding { board: row.try_get("", "board_policy")?, job: row.try_get("", "job_policy")? };
            let cap = self.policy_under(&overriding).bulk_cap;
            strictest = Some(strictest.map_or(cap, |least: u32| least.min(cap)));
        }
        Ok(strictest.unwrap_or(self.policy().bulk_cap))
    }
}

/// And the jobs of those who would be written to.
async fn people(connection: &impl ConnectionTrait, spec: &Spec) -> Result<(People, BTreeSet<Uuid>), LedgerError> {
    let mut people = People { count: 0, told: 0, cap: 0, last: Uuid::nil(), fingerprint: [0; 32] };
    let mut jobs = BTreeSet::new();
    let mut hash = Sha256::new();
    loop {
        let rows = match &spec.who {
            Selection::These(ids) if people.count == 0 => {
                const THESE: &str = "SELECT a.id, a.stage, a.job_id FROM application a WHERE a.id IN (SELECT v.id FROM v)
                    AND a.status = 'active' AND a.carried_by IS NULL ORDER BY a.id";
                let rows = Rows::new([Column::Uuid("id")], ids.iter().map(|id| [id.uuid().into()]));
                connection.query_all_raw(rows.statement(connection.get_database_backend(), THESE)).await?
            }
            Selection::These(_) => Vec::new(),
            Selection::Those(those) => {
                let mut query = Query::of(those, people.last);
                query.text.push_str(" AND a.status = 'active' AND a.carried_by IS NULL");
                query.rows(connection, "a.id, a.stage, a.job_id", PART).await?
            }
        };
        for row in &rows {
            let (id, stage): (Uuid, String) = (row.try_get("", "id")?, row.try_get("", "stage")?);
            people.count += 1;
            if is_told(spec, id.into(), &stage) {
                people.told += 1;
                jobs.insert(row.try_get("", "job_id")?);
            }
            people.last = id;
            hash.update(id.as_bytes());
            hash.update(stage.as_bytes());
            hash.update([0]);
        }
        if rows.len() < PART as usize {
            people.fingerprint = hash.finalize().into();
            return Ok((people, jobs));
        }
    }
}

fn is_told(spec: &Spec, id: ApplicationId, stage: &str) -> bool {
    match &spec.what {
        What::Move { tell, to } => *tell && stage != to.as_str(),
        What::Reject(_) | What::CloseJob { .. } => stage != Stage::Offer.as_str() || spec.is_named(id),
    }
}

struct Query {
    text: String,
    values: Vec<Value>,
}

impl Query {
    fn of(those: &Those, after: Uuid) -> Self {
        let Those { board, job, stage, is_test } = those;
        let mut query = Self { text: "a.id > $1".to_owned(), values: vec![after.into()] };
        if let Some(job) = job {
            query.and("a.job_id = ?", job.uuid());
        }
        if let Some(board) = board {
            query.and("a.job_id IN (SELECT j.id FROM job j WHERE j.board_id = ?)", board.uuid());
        }
        if let Some(stage) = stage {
            query.and("a.stage = ?", stage.as_str());
        }
        if let Some(is_test) = is_test {
            query.and("a.is_test = ?", *is_test);
        }
        query
    }

    /// One condition with one value, in the place of its question mark.
    fn and(&mut self, condition: &str, value: impl Into<Value>) {
        self.values.push(value.into());
        let place = format!("${}", self.values.len());
        self.text.push_str(" AND ");
        self.text.push_str(&condition.replacen('?', &place, 1));
    }

    async fn rows(
        mut self,
        connection: &impl ConnectionTrait,
        columns: &str,
        limit: i64,
    ) -> Result<Vec<sea_orm::QueryResult>, LedgerError> {
        self.values.push(limit.into());
        let statement = format!("SELECT {columns} FROM application a WHERE {} ORDER BY a.id LIMIT ${}", self.text, self.values.len());
        let statement = Statement::from_sql_and_values(connection.get_database_backend(), statement, self.values);
        Ok(connection.query_all_raw(statement).await?)
    }
}
