//! Where a bench's rows are: an SQLite file, or a PostgreSQL server that nobody else uses.

use std::sync::Arc;

use anyhow::Context;
use hearback_domain::{clock::SystemClock, policy::Policy, random::Random};
use hearback_ledger::{Ledger, Settings};
use hearback_testkit::{
    database::{DatabaseKind, TestDatabase},
    postgres::{Cluster, Options},
};
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection, query_scalar, raw_sql};
use tokio::task::block_in_place;

/// Makes empty databases, all of one kind.
#[derive(Debug)]
pub(crate) enum Server {
    Sqlite,
    Postgres(Cluster),
}

/// Gone when dropped.
#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) url: String,
    kind: DatabaseKind,
    /// PostgreSQL's goes with its server.
    _file: Option<TestDatabase>,
}

impl Server {
    /// As it comes, and durable: a commit waits for the disk.
    pub(crate) fn durable(kind: DatabaseKind) -> anyhow::Result<Self> {
        Self::start(kind, Options::default())
    }

    /// `options` are PostgreSQL's. What is on SQLite is durable by the settings of whoever writes.
    pub(crate) fn start(kind: DatabaseKind, options: Options) -> anyhow::Result<Self> {
        match kind {
            DatabaseKind::Sqlite => Ok(Self::Sqlite),
            DatabaseKind::Postgres => Ok(Self::Postgres(block_in_place(|| Cluster::start(options))?)),
        }
    }

    pub(crate) fn create(&self, name: &str) -> anyhow::Result<Database> {
        match self {
            Self::Sqlite => {
                let file = TestDatabase::create(DatabaseKind::Sqlite);
                Ok(Database { url: file.url().to_owned(), kind: DatabaseKind::Sqlite, _file: Some(file) })
            }
            Self::Postgres(cluster) => {
                block_in_place(|| cluster.create_database(name))?;
                Ok(Database { url: cluster.url(name), kind: DatabaseKind::Postgres, _file: None })
            }
        }
    }
}

impl Database {
    /// With its tables.
    pub(crate) async fn open(&self) -> anyhow::Result<Ledger> {
        let (clock, random) = (Arc::new(SystemClock), Arc::new(Random::from_system()));
        // A figure is the same at night.
        let settings = Settings { policy: Policy { quiet_hours: None, ..Policy::default() }, ..Settings::default() };
        Ledger::open(&self.url, settings, clock, random).await.with_context(|| format!("{} cannot be opened", self.url))
    }

    pub(crate) async fn connect(&self) -> anyhow::Result<Session> {
        match self.kind {
            DatabaseKind::Sqlite => Ok(Session::Sqlite(SqliteConnection::connect(&self.url).await?)),
            DatabaseKind::Postgres => Ok(Session::Postgres(PgConnection::connect(&self.url).await?)),
        }
    }
}

/// A connection beside the program's own.
#[derive(Debug)]
pub(crate) enum Session {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Session {
    pub(crate) fn kind(&self) -> DatabaseKind {
        match self {
            Self::Sqlite(_) => DatabaseKind::Sqlite,
            Self::Postgres(_) => DatabaseKind::Postgres,
        }
    }

    /// One statement, or several with `;` between them.
    pub(crate) async fn execute(&mut self, statements: &str) -> anyhow::Result<()> {
        let query = raw_sql(AssertSqlSafe(statements.to_owned()));
        match self {
            Self::Sqlite(connection) => query.execute(connection).await.map(drop),
            Self::Postgres(connection) => query.execute(connection).await.map(drop),
        }
        .with_context(|| statements.chars().take(200).collect::<String>())
    }

    pub(crate) async fn number(&mut self, query: &str) -> anyhow::Result<i64> {
        let text = AssertSqlSafe(query.to_owned());
        let number = match self {
            Self::Sqlite(connection) => query_scalar(text).fetch_one(connection).await,
            Self::Postgres(connection) => query_scalar(text).fetch_one(connection).await,
        };
        number.with_context(|| query.to_owned())
    }

    pub(crate) async fn texts(&mut self, query: &str) -> anyhow::Result<Vec<String>> {
        let text = AssertSqlSafe(query.to_owned());
        let texts = match self {
            Self::Sqlite(connection) => query_scalar(text).fetch_all(connection).await,
            Self::Postgres(connection) => query_scalar(text).fetch_all(connection).await,
        };
        texts.with_context(|| query.to_owned())
    }
}
