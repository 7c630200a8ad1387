//! How a database is opened, and the one way a write begins.

mod timed;

use std::time::Duration;

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database as SeaDatabase, DatabaseConnection, DbBackend, SqliteTransactionMode, TransactionOptions,
    sqlx::{Connection as _, Executor as _},
};

use self::timed::Silence;
pub(crate) use self::timed::{Connection, Transaction};
use crate::{LedgerError, OpenError, precondition};

/// How long a statement waits for a connection, or for SQLite's write lock, before the database counts as too busy.
const PATIENCE: Duration = Duration::from_secs(5);

/// A connection that was used a moment ago need not prove that it still works: that is a way to the database and back.
const FRESH: Duration = Duration::from_secs(1);

/// Readers never wait for the writer: SQLite has one connection that writes and several that read, PostgreSQL one pool for both.
#[derive(Clone, Debug)]
pub(crate) struct Database {
    writer: Connection,
    reader: Connection,
}

impl Database {
    pub(crate) async fn open(url: &str, connections: u32) -> Result<Self, OpenError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let silence = Silence::default();
            let pool = SeaDatabase::connect(postgres(url, connections, silence.clone())).await.map_err(OpenError::Unreachable)?;
            let pool = Connection::to_server(pool, silence);
            return Ok(Self { writer: pool.clone(), reader: pool });
        }
        if !url.starts_with("sqlite:") || url.contains(":memory:") || url.contains("mode=memory") {
            return Err(OpenError::Url);
        }
        let writer = SeaDatabase::connect(sqlite(url, 1)).await.map_err(OpenError::Unreachable)?;
        let reader = SeaDatabase::connect(sqlite(url, connections)).await.map_err(OpenError::Unreachable)?;
        Ok(Self { writer: Connection::to_file(writer), reader: Connection::to_file(reader) })
    }

    pub(crate) fn backend(&self) -> DbBackend {
        self.writer.get_database_backend()
    }

    pub(crate) fn reader(&self) -> &Connection {
        &self.reader
    }

    pub(crate) fn writer(&self) -> &Connection {
        &self.writer
    }

    /// On SQLite the write lock is taken at once: a transaction that reads first and then writes fails as soon as somebody else wrote in
    /// between (SQLITE_BUSY_SNAPSHOT), however long it would be willing to wait.
    ///
    /// What is changed on a condition is looked at before anything else (`precondition.rs`).
    pub(crate) async fn begin(&self) -> Result<Transaction, LedgerError> {
        let immediate = TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..Default::default() };
        let transaction = self.writer.begin_with(immediate).await?;
        if precondition::holds(&transaction).await? {
            return Ok(transaction);
        }
        transaction.rollback().await?;
        Err(LedgerError::Changed)
    }
}

/// One connection to what is there, and is left as it is: a file that is not there is not made.
pub(crate) async fn look_at(url: &str) -> Result<DatabaseConnection, OpenError> {
    let mut options = options(url, 1);
    if url.starts_with("sqlite:") {
        options.map_sqlx_sqlite_opts(|options| options.create_if_missing(false).busy_timeout(PATIENCE));
    }
    SeaDatabase::connect(options).await.map_err(OpenError::Unreachable)
}

fn options(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options.max_connections(connections).connect_timeout(PATIENCE).acquire_timeout(PATIENCE).sqlx_logging(false);
    options
}

fn postgres(url: &str, connections: u32, silence: Silence) -> ConnectOptions {
    let mut options = options(url, connections);
    options.test_before_acquire_if_idle_for(FRESH).map_sqlx_postgres_pool_opts(move |pool| {
        let silence = silence.clone();
        // Compiling a statement takes longer than any of ours runs, and the sweeps' look costly enough to be worth it. Asked for by a
        // statement: a transaction pooler refuses it among the parameters of a connection.
        let pool = pool.after_connect(|connection, _| Box::pin(async move { connection.execute("SET jit = off").await.map(drop) }));
        pool.after_release(move |connection, _| {
            let silence = silence.clone();
            Box::pin(async move { silence.test(connection).await })
        })
    });
    options
}

/// Pages of 4 KiB in the log before they are written to the file: 16 MiB, four times SQLite's own. Pages that change again and again, as those
/// of indexes do, are written there once for all of it.
const CHECKPOINT_AFTER: &str = "4000";

fn sqlite(url: &str, connections: u32) -> ConnectOptions {
    let mut options = options(url, connections);
    // A 2xx means "on disk": with WAL only FULL makes a commit wait for the disk. SQLite checks references only when told to.
    options.map_sqlx_sqlite_opts(|options| {
        options
            .pragma("journal_mode", "WAL")
            .pragma("synchronous", "FULL")
            .pragma("wal_autocheckpoint", CHECKPOINT_AFTER)
            .foreign_keys(true)
            .create_if_missing(true)
            .busy_timeout(PATIENCE)
    });
    // A disk that is full ends a transaction behind the back of whoever holds it, and then neither COMMIT nor ROLLBACK is what they think:
    // the next transaction would be a part of the last one, answered as written and gone with it. Such a connection is closed.
    options.map_sqlx_sqlite_before_acquire(|connection, _| {
        let is_clean = !connection.is_in_transaction();
        Box::pin(async move { Ok(is_clean) })
    });
    options
}
