//! A fresh, empty database for one test, on either kind.

use std::{fmt, future::Future, str::FromStr, thread};

use hearback_domain::random::Random;
use sqlx::{Connection, PgConnection};
use tempfile::TempDir;
use url::Url;

use crate::postgres::shared_postgres;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatabaseKind {
    Sqlite,
    Postgres,
}

impl DatabaseKind {
    pub const ALL: [Self; 2] = [Self::Sqlite, Self::Postgres];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

impl fmt::Display for DatabaseKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Debug, thiserror::Error)]
#[error("must be sqlite or postgres")]
pub struct UnknownDatabaseKind;

impl FromStr for DatabaseKind {
    type Err = UnknownDatabaseKind;

    fn from_str(given: &str) -> Result<Self, UnknownDatabaseKind> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == given).ok_or(UnknownDatabaseKind)
    }
}

/// A file or a schema that nothing else uses, gone when dropped. Everything is chosen by the URL, so a child process that
/// is given the URL works on the same tables.
#[derive(Debug)]
pub struct TestDatabase {
    kind: DatabaseKind,
    url: String,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Folder { _folder: TempDir },
    Schema { server: String, name: String },
}

impl TestDatabase {
    /// Blocks for as long as the database needs: some milliseconds, or the start of the shared cluster.
    ///
    /// # Panics
    /// When there is no room for a folder or no PostgreSQL to be had: no test can go on without.
    pub fn create(kind: DatabaseKind) -> Self {
        match kind {
            DatabaseKind::Sqlite => Self::file(),
            DatabaseKind::Postgres => Self::schema(shared_postgres().url()),
        }
    }

    pub fn kind(&self) -> DatabaseKind {
        self.kind
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    fn file() -> Self {
        let folder = tempfile::Builder::new().prefix("hearback-").tempdir().expect("the temporary folder can be written to");
        let url = format!("sqlite://{}?mode=rwc", folder.path().join("hearback.sqlite").display());
        Self { kind: DatabaseKind::Sqlite, url, place: Place::Folder { _folder: folder } }
    }

    fn schema(server: String) -> Self {
        // Random, since other test programs use the same server at the same time.
        let name = format!("t_{:016x}", u64::from_le_bytes(Random::from_system().bytes()));
        execute(&server, format!("CREATE SCHEMA {name}")).expect("the shared PostgreSQL makes a schema");
        let mut url = Url::parse(&server).expect("the shared PostgreSQL has a URL");
        // Percent-encoded by hand: form encoding turns a space into `+`, which libpq takes literally.
        let options = format!("options=-c%20search_path%3D{name}");
        url.set_query(Some(&url.query().map_or(options.clone(), |given| format!("{given}&{options}"))));
        Self { kind: DatabaseKind::Postgres, url: url.into(), place: Place::Schema { server, name } }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Place::Schema { server, name } = &self.place {
            // A connection that a test left open may still lock its tables: then the schema goes with the cluster.
            let _ = execute(server, format!("SET lock_timeout = '2s'; SET client_min_messages = error; DROP SCHEMA {name} CASCADE"));
        }
    }
}

/// On a thread and a runtime of its own: a test's runtime may be single-threaded, or already shutting down.
fn execute(server: &str, statements: String) -> Result<(), sqlx::Error> {
    blocking(async {
        let mut connection = PgConnection::connect(server).await?;
        sqlx::raw_sql(sqlx::AssertSqlSafe(statements)).execute(&mut connection).await?;
        connection.close().await
    })
}

fn blocking<T: Send>(work: impl Future<Output = T> + Send) -> T {
    let run = || tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts").block_on(work);
    thread::scope(|scope| scope.spawn(run).join().expect("a statement does not panic"))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn tables(url: &str) -> i64 {
        let mut connection = PgConnection::connect(url).await.unwrap();
        let count = "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()";
        sqlx::query_scalar(count).fetch_one(&mut connection).await.unwrap()
    }

    #[tokio::test]
    async fn two_databases_on_one_server_do_not_see_each_other() {
        let [one, other] = [(); 2].map(|()| TestDatabase::create(DatabaseKind::Postgres));
        let mut connection = PgConnection::connect(one.url()).await.unwrap();
        sqlx::query("CREATE TABLE owed (what bigint)").execute(&mut connection).await.unwrap();
        assert_eq!(tables(one.url()).await, 1);
        assert_eq!(tables(other.url()).await, 0);
    }

    #[tokio::test]
    async fn a_dropped_database_leaves_nothing_behind() {
        let database = TestDatabase::create(DatabaseKind::Postgres);
        let Place::Schema { server, name } = &database.place else { panic!("PostgreSQL has schemas") };
        let (server, name) = (server.clone(), name.clone());
        execute(database.url(), "CREATE TABLE owed (what bigint)".to_owned()).unwrap();
        drop(database);
        let mut connection = PgConnection::connect(&server).await.unwrap();
        let left: i64 =
            sqlx::query_scalar("SELECT count(*) FROM pg_namespace WHERE nspname = $1").bind(name).fetch_one(&mut connection).await.unwrap();
        assert_eq!(left, 0);
    }

    #[test]
    fn a_file_lives_as_long_as_its_database() {
        let database = TestDatabase::create(DatabaseKind::Sqlite);
        let path =
            database.url().strip_prefix("sqlite://").and_then(|rest| rest.strip_suffix("/hearback.sqlite?mode=rwc")).unwrap().to_owned();
        assert!(std::path::Path::new(&path).is_dir());
        drop(database);
        assert!(!std::path::Path::new(&path).exists());
    }

    #[test]
    fn a_kind_is_read_as_it_is_written() {
        for kind in DatabaseKind::ALL {
            assert_eq!(kind.to_string().parse::<DatabaseKind>().unwrap(), kind);
        }
        assert!("mysql".parse::<DatabaseKind>().is_err());
    }
}
