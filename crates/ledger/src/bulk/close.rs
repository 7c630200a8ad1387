//! A job closes: it takes no more applications, and whoever still waits for an answer is owed one. Or it opens again.

use chrono::{DateTime, Utc};
use hearback_domain::{
    actor::Actor,
    ids::{ApplicationId, BoardId, JobId, OperationId},
};
use sea_orm::{ConnectionTrait, Statement};
use uuid::Uuid;

use super::{
    Begin, BulkError, Operation, Spec,
    control::{for_update, locked, stop_closing},
    start::insert,
};
use crate::{
    Job, Ledger, LedgerError,
    change::execute,
    database::Transaction,
    rows::{Cell, Column, Rows},
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing {
    /// The organisation's own words to the applicants, as plain text.
    pub words: Option<String>,
    /// Those who hold an offer, and are rejected all the same.
    pub named: Vec<ApplicationId>,
    /// Put away from now on.
    pub archive: bool,
    /// What the dry run gave.
    pub confirmation: Option<String>,
}

const CLOSE: &str = "UPDATE job SET status = 'closed', closed_at = COALESCE(closed_at, v.at),
    archived_at = CASE WHEN v.archive THEN COALESCE(archived_at, v.at) ELSE archived_at END, updated_at = v.at,
    version = job.version + 1 FROM v WHERE job.id = v.id";

const REOPEN: &str = "UPDATE job SET status = 'open', closed_at = NULL, archived_at = NULL, updated_at = v.at,
    version = job.version + 1 FROM v WHERE job.id = v.id";

impl Ledger {
    /// Closing it again while it is being closed is the same closing. Once that is over, whoever is left is dealt with.
    pub async fn close_job(&self, job: JobId, closing: &Closing, actor: &Actor) -> Result<Operation, BulkError> {
        let Closing { words, named, archive, confirmation } = closing;
        let spec = Spec::closing(job, words.clone(), named.clone());
        let board = self.job(job).await?.ok_or(BulkError::NoSuchJob)?.board;
        let begin = Begin { spec: &spec, confirmation: confirmation.as_deref(), board: Some(board), is_test: false, actor };
        self.all_are_there(&begin).await?;
        let is_under_way = open_closing(self.database().reader(), job).await?.is_some();
        let people = self.people(&spec).await?;
        if !is_under_way {
            self.check_confirmation(&spec, &people, begin.confirmation).await?;
        }
        let transaction = self.database().begin().await?;
        lock_job(&transaction, job).await?;
        let id = match open_closing(&transaction, job).await? {
            Some(open) => {
                let open_state = locked(&transaction, open).await?.ok_or(BulkError::NoSuchOperation)?;
                if open_state.undoing {
                    transaction.rollback().await?;
                    return Err(BulkError::NotPossible { state: open_state.state, undoing: true });
                }
                open
            }
            // It ended between the two looks, and this is another closing, which nobody confirmed.
            None if is_under_way && people.need_confirmation() && begin.confirmation.is_none() => {
                transaction.rollback().await?;
                return Err(BulkError::Unconfirmed { people: people.told, cap: people.cap });
            }
            None => insert(self, &transaction, &begin, &people, None).await?,
        };
        let row = [job.uuid().into(), self.now().into(), Cell::Bool(*archive)];
        let columns = [Column::Uuid("id"), Column::Time("at"), Column::Bool("archive")];
        execute(&transaction, Rows::new(columns, [row]), CLOSE).await?;
        transaction.commit().await?;
        self.wake();
        self.operation(id).await?.ok_or(BulkError::NoSuchOperation)
    }

    /// It takes applications again. What its closing has not come to yet is not done; what it has stays, until that is taken back too.
    pub async fn reopen_job(&self, job: JobId, actor: &Actor) -> Result<Job, BulkError> {
        let transaction = self.database().begin().await?;
        lock_job(&transaction, job).await?;
        let now = self.now();
        stop_closing(&transaction, job, actor, now).await?;
        reopen(&transaction, job, now).await?;
        transaction.commit().await?;
        self.job(job).await?.ok_or(BulkError::NoSuchJob)
    }
}

pub(super) async fn lock_job(transaction: &Transaction, job: JobId) -> Result<BoardId, BulkError> {
    let backend = transaction.get_database_backend();
    let query = format!("SELECT board_id FROM job WHERE id = $1{}", for_update(backend));
    let row = transaction.query_one_raw(Statement::from_sql_and_values(backend, query, [job.uuid().into()])).await?;
    let row = row.ok_or(BulkError::NoSuchJob)?;
    Ok(row.try_get::<Uuid>("", "board_id")?.into())
}

/// The operation that closes it, or takes its closing back.
pub(super) async fn open_closing(connection: &impl ConnectionTrait, job: JobId) -> Result<Option<OperationId>, LedgerError> {
    const OPEN: &str = "SELECT id FROM bulk_operation WHERE job_id = $1 AND kind = 'close_job' AND state IN ('scheduled', 'running')";
    let statement = Statement::from_sql_and_values(connection.get_database_backend(), OPEN, [job.uuid().into()]);
    let row = connection.query_one_raw(statement).await?;
    Ok(row.map(|row| row.try_get::<Uuid>("", "id")).transpose()?.map(OperationId::from))
}

pub(super) async fn reopen(transaction: &Transaction, job: JobId, now: DateTime<Utc>) -> Result<(), LedgerError> {
    execute(transaction, Rows::new([Column::Uuid("id"), Column::Time("at")], [[job.uuid().into(), now.into()]]), REOPEN).await
}
