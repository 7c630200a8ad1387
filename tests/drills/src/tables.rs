//! The records themselves, for what no door of the program does: deleting rows, spoiling them, counting them.

use hearback_testkit::database::DatabaseKind;
use sqlx::{
    AssertSqlSafe, Connection, Executor, FromRow, PgConnection, SqliteConnection, postgres::PgRow, query_scalar, sqlite::SqliteRow,
};
use uuid::Uuid;

/// Connects anew for every statement: a drill may have stopped the server in between.
#[derive(Clone, Debug)]
pub(crate) struct Tables {
    kind: DatabaseKind,
    url: String,
}

impl Tables {
    pub(crate) fn new(kind: DatabaseKind, url: &str) -> Self {
        Self { kind, url: url.to_owned() }
    }

    pub(crate) fn kind(&self) -> DatabaseKind {
        self.kind
    }

    /// An id, as it is written in a statement.
    pub(crate) fn literal(&self, id: Uuid) -> String {
        match self.kind {
            DatabaseKind::Sqlite => format!("X'{}'", id.simple()),
            DatabaseKind::Postgres => format!("'{id}'"),
        }
    }

    /// How many rows were changed.
    pub(crate) async fn execute(&self, statement: &str) -> Result<u64, sqlx::Error> {
        let statement = AssertSqlSafe(statement.to_owned());
        match self.kind {
            DatabaseKind::Sqlite => Ok(SqliteConnection::connect(&self.url).await?.execute(statement).await?.rows_affected()),
            DatabaseKind::Postgres => Ok(PgConnection::connect(&self.url).await?.execute(statement).await?.rows_affected()),
        }
    }

    /// The one column that the query returns.
    pub(crate) async fn column<T>(&self, query: &str) -> Result<Vec<T>, sqlx::Error>
    where
        T: Send + Unpin,
        (T,): for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow>,
    {
        let query = AssertSqlSafe(query.to_owned());
        match self.kind {
            DatabaseKind::Sqlite => query_scalar(query).fetch_all(&mut SqliteConnection::connect(&self.url).await?).await,
            DatabaseKind::Postgres => query_scalar(query).fetch_all(&mut PgConnection::connect(&self.url).await?).await,
        }
    }

    /// How many messages are still on their way: neither settled nor held.
    pub(crate) async fn on_their_way(&self) -> Result<i64, sqlx::Error> {
        self.number("SELECT count(*) FROM notification WHERE state IN ('waiting', 'scheduled', 'sending')").await
    }

    /// The one number that the query returns.
    pub(crate) async fn number(&self, query: &str) -> Result<i64, sqlx::Error> {
        self.column(query).await?.pop().ok_or(sqlx::Error::RowNotFound)
    }
}
