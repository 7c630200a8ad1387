//! What a person does about an operation that was begun.

use hearback_domain::{
    actor::Actor,
    bulk::{OperationKind, OperationState},
    ids::{JobId, OperationId},
};
use sea_orm::{ConnectionTrait, DbBackend, Statement};

use super::{BulkError, Operation, close, show::actor_text};
use crate::{
    Ledger, LedgerError,
    change::execute,
    database::Transaction,
    rows::{Column, Rows},
};

/// The claim goes with it: a worker that has it writes nothing more of it.
const STOP: &str = "UPDATE bulk_operation SET state = 'stopped', claim_token = NULL, stopped_by = v.actor, finished_at = v.at
    FROM v WHERE bulk_operation.id = v.id";

const UNDO: &str = "UPDATE bulk_operation SET state = 'scheduled', claim_token = NULL, undone_by = v.actor, finished_at = NULL,
    reached = NULL, wake_at = v.at, tries = 0 FROM v WHERE bulk_operation.id = v.id";

impl Ledger {
    /// Whoever was not dealt with yet will not be. Stopping twice changes nothing.
    pub async fn stop_operation(&self, id: OperationId, actor: &Actor) -> Result<Operation, BulkError> {
        let transaction = self.database().begin().await?;
        let now = self.now();
        let Locked { state, undoing, .. } = locked(&transaction, id).await?.ok_or(BulkError::NoSuchOperation)?;
        match state {
            OperationState::Scheduled | OperationState::Running if !undoing => {
                set(&transaction, id, actor, now, STOP).await?;
                transaction.commit().await?;
            }
            OperationState::Stopped => transaction.rollback().await?,
            OperationState::Scheduled | OperationState::Running | OperationState::Done | OperationState::Undone => {
                transaction.rollback().await?;
                return Err(BulkError::NotPossible { state, undoing });
            }
        }
        self.operation(id).await?.ok_or(BulkError::NoSuchOperation)
    }

    /// Stops it, and takes back what can be: whoever was not told never hears of it, whoever was gets a correction. A job that it closed
    /// is open again.
    pub async fn undo_operation(&self, id: OperationId, actor: &Actor) -> Result<Operation, BulkError> {
        // The job first, like whoever closes or reopens it.
        let job = self.operation(id).await?.ok_or(BulkError::NoSuchOperation)?.job;
        let transaction = self.database().begin().await?;
        if let Some(job) = job {
            close::lock_job(&transaction, job).await?;
        }
        let now = self.now();
        let Locked { kind, state, undoing } = locked(&transaction, id).await?.ok_or(BulkError::NoSuchOperation)?;
        if undoing {
            transaction.rollback().await?;
            return self.operation(id).await?.ok_or(BulkError::NoSuchOperation);
        }
        if let (OperationKind::CloseJob, Some(job)) = (kind, job) {
            if let Some(other) = close::open_closing(&transaction, job).await?.filter(|other| *other != id) {
                let other = locked(&transaction, other).await?.ok_or(BulkError::NoSuchOperation)?;
                transaction.rollback().await?;
                return Err(BulkError::NotPossible { state: other.state, undoing: other.undoing });
            }
            close::reopen(&transaction, job, now).await?;
        }
        tracing::info!(operation = %id, was = %state, "an operation is taken back");
        set(&transaction, id, actor, now, UNDO).await?;
        transaction.commit().await?;
        self.wake();
        self.operation(id).await?.ok_or(BulkError::NoSuchOperation)
    }
}

pub(super) struct Locked {
    pub(super) kind: OperationKind,
    pub(super) state: OperationState,
    pub(super) undoing: bool,
}

pub(super) async fn locked(transaction: &Transaction, id: OperationId) -> Result<Option<Locked>, LedgerError> {
    let backend = transaction.get_database_backend();
    let query = format!("SELECT kind, state, undone_by FROM bulk_operation WHERE id = $1{}", for_update(backend));
    let Some(row) = transaction.query_one_raw(Statement::from_sql_and_values(backend, query, [id.uuid().into()])).await? else {
        return Ok(None);
    };
    let (kind, state): (String, String) = (row.try_get("", "kind")?, row.try_get("", "state")?);
    let word = |error| LedgerError::unreadable("bulk_operation", error);
    let undoing = row.try_get::<Option<String>>("", "undone_by")?.is_some();
    Ok(Some(Locked { kind: kind.parse().map_err(word)?, state: state.parse().map_err(word)?, undoing }))
}

/// SQLite's write transactions come one after another.
pub(super) const fn for_update(backend: DbBackend) -> &'static str {
    match backend {
        DbBackend::Sqlite => "",
        _ => " FOR NO KEY UPDATE",
    }
}

pub(super) async fn set(
    transaction: &Transaction,
    id: OperationId,
    actor: &Actor,
    now: chrono::DateTime<chrono::Utc>,
    how: &str,
) -> Result<(), LedgerError> {
    let columns = [Column::Uuid("id"), Column::Text("actor"), Column::Time("at")];
    execute(transaction, Rows::new(columns, [[id.uuid().into(), actor_text(actor).into(), now.into()]]), how).await
}

/// Ends the closing of a job that is open again.
pub(super) async fn stop_closing(
    transaction: &Transaction,
    job: JobId,
    actor: &Actor,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<(), LedgerError> {
    if let Some(id) = close::open_closing(transaction, job).await?
        && let Some(Locked { undoing: false, .. }) = locked(transaction, id).await?
    {
        set(transaction, id, actor, now, STOP).await?;
    }
    Ok(())
}
