//! Connections that do not wait for ever. A network may swallow what was said without a word (a firewall that forgot a connection, a host
//! that lost its power): TCP alone would notice after a quarter of an hour, and every claim, intake and settlement would stand still with it.

use std::{
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement,
    TransactionOptions, TransactionTrait,
    sqlx::{self, Connection as _, PgConnection},
};
use tokio::time::timeout;

use crate::{precondition, repeat};

/// The longest that one statement may take. All of ours are short: what has to look at many rows does so piece by piece.
const STATEMENT: Duration = Duration::from_secs(5);

/// How soon a connection that comes back to the pool must answer, after one has failed to.
const PING: Duration = Duration::from_secs(1);

/// For so long after a statement without an answer.
const SUSPECT_FOR: Duration = Duration::from_secs(60);

/// When a statement last had no answer in time.
#[derive(Clone, Debug, Default)]
pub(super) struct Silence(Arc<Mutex<Option<Instant>>>);

impl Silence {
    fn noticed(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    fn lately(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|at| at.elapsed() < SUSPECT_FOR)
    }

    /// The pool itself waits without an end for whatever it gets back, and counts that as one of its connections.
    pub(super) async fn test(&self, connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
        if !self.lately() {
            return Ok(true);
        }
        // An error closes it without saying goodbye: there may be nobody to hear it.
        timeout(PING, connection.ping()).await.map_err(|_| sqlx::Error::PoolTimedOut)??;
        Ok(true)
    }
}

/// What a statement is run with, and how long it may take.
#[derive(Clone, Debug)]
pub(crate) struct Timed<C> {
    inner: C,
    silence: Silence,
    limit: Option<Duration>,
}

pub(crate) type Connection = Timed<DatabaseConnection>;
pub(crate) type Transaction = Timed<DatabaseTransaction>;

impl<C> Timed<C> {
    async fn within<T>(&self, run: impl Future<Output = Result<T, DbErr>>) -> Result<T, DbErr> {
        let Some(limit) = self.limit else { return run.await };
        // Dropped only after it was noticed: dropping it gives the connection back.
        let mut run = pin!(run);
        match timeout(limit, &mut run).await {
            Ok(ended) => ended,
            Err(_) => {
                self.silence.noticed();
                Err(no_answer())
            }
        }
    }
}

fn no_answer() -> DbErr {
    DbErr::Conn(RuntimeErr::Internal(format!("the database did not answer within {STATEMENT:?}")))
}

impl Connection {
    /// A file on this machine answers, or says that it is busy.
    pub(super) fn to_file(inner: DatabaseConnection) -> Self {
        Self { inner, silence: Silence::default(), limit: None }
    }

    pub(super) fn to_server(inner: DatabaseConnection, silence: Silence) -> Self {
        Self { inner, silence, limit: Some(STATEMENT) }
    }

    pub(crate) async fn begin_with(&self, options: TransactionOptions) -> Result<Transaction, DbErr> {
        let inner = self.within(self.inner.begin_with_options(options)).await?;
        Ok(Timed { inner, silence: self.silence.clone(), limit: self.limit })
    }

    /// For what is not ours to run, such as migrations.
    pub(crate) fn plain(&self) -> &DatabaseConnection {
        &self.inner
    }
}

impl Transaction {
    /// With the note that the request which led to it was carried out, if it may be sent again (`repeat.rs`).
    pub(crate) async fn commit(self) -> Result<(), DbErr> {
        let undone = repeat::undone();
        if let Some(answering) = &undone {
            answering.note(&self).await?;
        }
        let Self { inner, silence, limit } = self;
        let commit = Timed { inner: (), silence, limit };
        commit.within(inner.commit()).await?;
        precondition::met();
        if let Some(answering) = undone {
            answering.noted();
        }
        Ok(())
    }

    pub(crate) async fn rollback(self) -> Result<(), DbErr> {
        let Self { inner, silence, limit } = self;
        let rollback = Timed { inner: (), silence, limit };
        rollback.within(inner.rollback()).await
    }
}

#[async_trait]
impl<C: ConnectionTrait + Sync> ConnectionTrait for Timed<C> {
    fn get_database_backend(&self) -> DbBackend {
        self.inner.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.within(self.inner.execute_raw(statement)).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.within(self.inner.execute_unprepared(sql)).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.within(self.inner.query_one_raw(statement)).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.within(self.inner.query_all_raw(statement)).await
    }
}
