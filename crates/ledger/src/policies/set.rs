//! A board or a job promises otherwise from now on.

use chrono::{DateTime, Utc};
use hearback_domain::{
    actor::Actor,
    ids::{JobId, PolicyChangeId},
    policy::{Overrides, Policy, PolicyProblem},
};
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement};
use uuid::Uuid;

use super::{Overriding, WhosePolicy, over};
use crate::{
    Ledger, LedgerError,
    change::execute,
    database::Transaction,
    rows::{Cell, Column, Rows},
};

/// A policy as it is on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyRecord {
    /// What it does otherwise than the one above it.
    pub own: Overrides,
    /// What holds in the end.
    pub effective: Policy,
    /// How far the last change of it has come.
    pub last_change: Option<PolicyProgress>,
}

/// Of a change: what is owed is derived again, application by application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyProgress {
    pub at: DateTime<Utc>,
    pub examined: u64,
    /// Those for whom something changed.
    pub changed: u64,
    pub finished_at: Option<DateTime<Utc>>,
}

#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    #[error("there is no such board or job")]
    NotFound,
    #[error("the policy cannot be kept: {0:?}")]
    Invalid(Vec<PolicyProblem>),
    /// It could be kept by itself, but not together with what this job does otherwise.
    #[error("the policy cannot be kept together with that of {job}: {problem}")]
    InvalidForJob { job: JobId, problem: PolicyProblem },
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl Ledger {
    /// Board or job; the organisation's own is its configuration.
    pub async fn policy_record(&self, whose: WhosePolicy) -> Result<PolicyRecord, PolicyError> {
        let Overriding { board, job } = overriding(self.database().reader(), self.database().backend(), whose, "").await?;
        let own = if matches!(whose, WhosePolicy::Job(_)) { &job } else { &board };
        let own = own.as_deref().map_or(Ok(Overrides::default()), serde_json::from_str);
        let own = own.map_err(|error| LedgerError::unreadable("policy", error))?;
        let effective = self.policy_under(&Overriding { board, job }).as_ref().clone();
        Ok(PolicyRecord { own, effective, last_change: self.last_change(whose).await? })
    }

    /// Replaces what a board or a job does otherwise. What is owed already is derived again afterwards, by a worker.
    pub async fn set_policy(&self, whose: WhosePolicy, overrides: &Overrides, actor: &Actor) -> Result<PolicyRecord, PolicyError> {
        let text = serde_json::to_string(overrides).expect("words and numbers can be written as JSON");
        let transaction = self.database().begin().await?;
        let lock = if self.database().backend() == DbBackend::Sqlite { "" } else { " FOR NO KEY UPDATE" };
        let Overriding { board, job } = overriding(&transaction, self.database().backend(), whose, lock).await?;
        self.check_policy(whose, overrides).await?;
        let before = if matches!(whose, WhosePolicy::Job(_)) { job } else { board };
        let before = before.unwrap_or_else(|| "{}".to_owned());
        if before == text {
            transaction.rollback().await.map_err(LedgerError::from)?;
        } else {
            self.write_policy(&transaction, whose, &text).await?;
            self.note_change(&transaction, whose, [before, text], actor).await?;
            transaction.commit().await.map_err(LedgerError::from)?;
            self.wake();
        }
        self.policy_record(whose).await
    }

    /// What it does otherwise, as it stands in its row.
    pub(super) async fn policy_text(&self, whose: WhosePolicy) -> Result<String, PolicyError> {
        let Overriding { board, job } = overriding(self.database().reader(), self.database().backend(), whose, "").await?;
        let own = if matches!(whose, WhosePolicy::Job(_)) { job } else { board };
        Ok(own.unwrap_or_else(|| "{}".to_owned()))
    }

    /// Whether it can be kept, by itself and with what the jobs below do otherwise.
    pub(super) async fn check_policy(&self, whose: WhosePolicy, overrides: &Overrides) -> Result<(), PolicyError> {
        let board = match whose {
            WhosePolicy::Organisation => return self.policy().with(overrides).map(drop).map_err(PolicyError::Invalid),
            WhosePolicy::Board(board) => board,
            WhosePolicy::Job(_) => {
                let above = overriding(self.database().reader(), self.database().backend(), whose, "").await?;
                return over(self.policy(), above.board.as_deref()).with(overrides).map(drop).map_err(PolicyError::Invalid);
            }
        };
        overriding(self.database().reader(), self.database().backend(), whose, "").await?;
        let above = self.policy().with(overrides).map_err(PolicyError::Invalid)?;
        const JOBS: &str = "SELECT id, policy FROM job WHERE board_id = $1 AND policy IS NOT NULL ORDER BY id";
        let backend = self.database().backend();
        let jobs = self.database().reader().query_all_raw(Statement::from_sql_and_values(backend, JOBS, [board.uuid().into()]));
        for row in jobs.await.map_err(LedgerError::from)? {
            let (job, text): (Uuid, String) = read(&row, "id").and_then(|id| Ok((id, read(&row, "policy")?)))?;
            let Ok(own) = serde_json::from_str::<Overrides>(&text) else { continue };
            if let Err(problems) = above.with(&own) {
                let problem = *problems.first().expect("a policy that is refused has a problem");
                return Err(PolicyError::InvalidForJob { job: job.into(), problem });
            }
        }
        Ok(())
    }

    async fn write_policy(&self, transaction: &Transaction, whose: WhosePolicy, text: &str) -> Result<(), LedgerError> {
        let (table, id) = match whose {
            WhosePolicy::Organisation => return Ok(()),
            WhosePolicy::Board(board) => ("board", board.uuid()),
            WhosePolicy::Job(job) => ("job", job.uuid()),
        };
        let columns = [Column::Uuid("id"), Column::Text("policy"), Column::Time("at")];
        let row = [id.into(), text.to_owned().into(), self.now().into()];
        let update = format!(
            "UPDATE {table} SET policy = v.policy, updated_at = v.at, version = {table}.version + 1 FROM v WHERE {table}.id = v.id"
        );
        execute(transaction, Rows::new(columns, [row]), &update).await
    }

    pub(super) async fn note_change(
        &self,
        transaction: &Transaction,
        whose: WhosePolicy,
        [before, after]: [String; 2],
        actor: &Actor,
    ) -> Result<(), LedgerError> {
        const INSERT: &str = "INSERT INTO policy_change
            (id, board_id, job_id, before, after, actor_kind, actor_id, on_behalf_of, created_at, finished_at, examined, changed)
            SELECT id, board_id, job_id, before, after, actor_kind, actor_id, on_behalf_of, at, finished_at, 0, 0 FROM v";
        let columns = [
            Column::Uuid("id"),
            Column::Uuid("board_id"),
            Column::Uuid("job_id"),
            Column::Text("before"),
            Column::Text("after"),
            Column::Text("actor_kind"),
            Column::Text("actor_id"),
            Column::Text("on_behalf_of"),
            Column::Time("at"),
            Column::Time("finished_at"),
        ];
        let (board, job) = whose.ids();
        let Actor { kind, id, on_behalf_of } = actor.clone();
        // The first that is put on record, or the same once more: nothing is owed otherwise for it.
        let finished_at = (before == after).then(|| self.now());
        let row: [Cell; 10] = [
            self.ids().next::<PolicyChangeId>().uuid().into(),
            board.into(),
            job.into(),
            before.into(),
            after.into(),
            kind.as_str().to_owned().into(),
            id.into(),
            on_behalf_of.into(),
            self.now().into(),
            finished_at.into(),
        ];
        execute(transaction, Rows::new(columns, [row]), INSERT).await
    }

    async fn last_change(&self, whose: WhosePolicy) -> Result<Option<PolicyProgress>, LedgerError> {
        let (column, id) = match whose {
            WhosePolicy::Organisation => return Ok(None),
            WhosePolicy::Board(board) => ("board_id", board.uuid()),
            WhosePolicy::Job(job) => ("job_id", job.uuid()),
        };
        let sql =
            format!("SELECT created_at, examined, changed, finished_at FROM policy_change WHERE {column} = $1 ORDER BY id DESC LIMIT 1");
        let database = self.database();
        let row = database.reader().query_one_raw(Statement::from_sql_and_values(database.backend(), sql, [id.into()])).await?;
        let count = |row: &QueryResult, name| Ok::<_, LedgerError>(u64::try_from(read::<i32>(row, name)?).unwrap_or_default());
        row.map(|row| {
            Ok(PolicyProgress {
                at: read(&row, "created_at")?,
                examined: count(&row, "examined")?,
                changed: count(&row, "changed")?,
                finished_at: read(&row, "finished_at")?,
            })
        })
        .transpose()
    }
}

pub(super) fn read<T: sea_orm::TryGetable>(row: &QueryResult, name: &str) -> Result<T, LedgerError> {
    Ok(row.try_get("", name)?)
}

async fn overriding(
    connection: &impl ConnectionTrait,
    backend: DbBackend,
    whose: WhosePolicy,
    lock: &str,
) -> Result<Overriding, PolicyError> {
    let (sql, id) = match whose {
        WhosePolicy::Organisation => return Ok(Overriding::default()),
        WhosePolicy::Board(board) => {
            ("SELECT policy AS board_policy, CAST(NULL AS text) AS job_policy FROM board WHERE id = $1".to_owned(), board.uuid())
        }
        WhosePolicy::Job(job) => (
            "SELECT (SELECT policy FROM board b WHERE b.id = job.board_id) AS board_policy, policy AS job_policy FROM job WHERE id = $1"
                .to_owned(),
            job.uuid(),
        ),
    };
    let statement = Statement::from_sql_and_values(backend, sql + lock, [id.into()]);
    let row = connection.query_one_raw(statement).await.map_err(LedgerError::from)?.ok_or(PolicyError::NotFound)?;
    Ok(Overriding { board: read(&row, "board_policy")?, job: read(&row, "job_policy")? })
}
