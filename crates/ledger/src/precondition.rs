//! A change that is made only to what its caller has seen (RFC 9110, section 13.1.1).
//!
//! Whoever changes a record raises its version. Which version the caller saw is known to the task that answers them: each transaction that
//! this task begins raises it first, and only from the one that was seen, until one of them is committed. So of two who saw the same, the
//! second waits for the first one's lock and finds another version, whatever the first has changed.

use std::cell::Cell;

use hearback_domain::ids::{ApplicationId, BoardId, JobId, WebhookEndpointId};
use sea_orm::{ConnectionTrait, Statement};
use uuid::Uuid;

use crate::{Ledger, LedgerError, database::Transaction};

/// A record that has versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Versioned {
    Application(ApplicationId),
    Board(BoardId),
    Job(JobId),
    WebhookEndpoint(WebhookEndpointId),
}

/// The state of a record at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    of: Versioned,
    number: i32,
}

tokio::task_local! {
    static SEEN: Cell<Option<Version>>;
}

impl Versioned {
    const fn place(self) -> (&'static str, Uuid) {
        match self {
            Self::Application(id) => ("application", id.uuid()),
            Self::Board(id) => ("board", id.uuid()),
            Self::Job(id) => ("job", id.uuid()),
            Self::WebhookEndpoint(id) => ("webhook_endpoint", id.uuid()),
        }
    }
}

impl Ledger {
    /// `None` if there is no such record.
    pub async fn version(&self, of: Versioned) -> Result<Option<Version>, LedgerError> {
        let (table, id) = of.place();
        let database = self.database();
        let select = format!("SELECT version FROM {table} WHERE id = $1");
        let row = database.reader().query_one_raw(Statement::from_sql_and_values(database.backend(), select, [id.into()])).await?;
        Ok(row.map(|row| row.try_get("", "version")).transpose()?.map(|number| Version { of, number }))
    }
}

impl Version {
    /// What this task changes next, it changes only if the record still has this version. Without effect outside of [`conditional`].
    pub fn must_hold(self) {
        let _outside = SEEN.try_with(|seen| seen.set(Some(self)));
    }

    async fn take(self, transaction: &Transaction) -> Result<bool, LedgerError> {
        let (table, id) = self.of.place();
        let raise = format!("UPDATE {table} SET version = version + 1 WHERE id = $1 AND version = $2");
        let statement = Statement::from_sql_and_values(transaction.get_database_backend(), raise, [id.into(), self.number.into()]);
        Ok(transaction.execute_raw(statement).await?.rows_affected() == 1)
    }
}

/// Runs what may depend on a version ([`Version::must_hold`]).
pub async fn conditional<F: Future>(change: F) -> F::Output {
    SEEN.scope(Cell::new(None), change).await
}

/// Whether a transaction that begins may go on.
pub(crate) async fn holds(transaction: &Transaction) -> Result<bool, LedgerError> {
    match SEEN.try_with(Cell::get) {
        Ok(Some(seen)) => seen.take(transaction).await,
        Ok(None) | Err(_) => Ok(true),
    }
}

/// What was to be changed is changed: what follows does not depend on it.
pub(crate) fn met() {
    let _outside = SEEN.try_with(|seen| seen.set(None));
}

#[cfg(test)]
mod tests;
