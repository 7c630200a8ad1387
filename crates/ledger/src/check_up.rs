//! Whether a database can be relied on, looked at from outside: nothing is made, migrated or written.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use hearback_domain::{EmailAddress, clock::Clock};
use hearback_migrations::{MigratorTrait, Steps};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement};

use crate::{OpenError, database};

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckUp {
    /// Steps that this program has and the tables do not; the next start takes them.
    pub pending: usize,
    /// Steps that the tables have and this program does not know: a newer one has been here.
    pub unknown: Vec<String>,
    /// Settings under which an answered application can be lost.
    pub weak: Vec<Weakness>,
    /// It is a copy that takes no writes.
    pub is_read_only: bool,
    /// By how much its clock is ahead of this machine's. An SQLite file has none of its own.
    pub ahead: Option<TimeDelta>,
    /// What the boards write from, and where answers go; none before the tables are there.
    pub faces: Vec<CheckedFace>,
}

/// A setting of the server, and what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weakness {
    pub setting: &'static str,
    pub value: String,
    pub should_be: &'static str,
}

/// Both addresses of a board.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CheckedFace {
    pub sender: EmailAddress,
    pub reply_to: EmailAddress,
}

/// `clock` is this machine's.
pub async fn check_up(url: &str, clock: &dyn Clock) -> Result<CheckUp, OpenError> {
    let connection = database::look_at(url).await?;
    let found = look(&connection, clock).await.map_err(OpenError::Look);
    // It was looked at, and that is all.
    drop(connection.close().await);
    found
}

async fn look(connection: &DatabaseConnection, clock: &dyn Clock) -> Result<CheckUp, DbErr> {
    let (pending, unknown) = steps(connection).await?;
    let (weak, is_read_only, ahead) = match connection.get_database_backend() {
        DbBackend::Postgres => (weak(connection).await?, is_standby(connection).await?, Some(ahead(connection, clock).await?)),
        // `synchronous` and the journal are set by whoever opens a file, and this program sets them; see `database::sqlite`.
        _ => (Vec::new(), false, None),
    };
    Ok(CheckUp { pending, unknown, weak, is_read_only, ahead, faces: faces(connection).await? })
}

async fn steps(connection: &DatabaseConnection) -> Result<(usize, Vec<String>), DbErr> {
    let taken: BTreeSet<String> = match exists(connection, "seaql_migrations").await? {
        true => texts(connection, "SELECT version FROM seaql_migrations").await?.into_iter().collect(),
        false => BTreeSet::new(),
    };
    let known: BTreeSet<String> = Steps::migrations().iter().map(|step| step.name().to_owned()).collect();
    Ok((known.difference(&taken).count(), taken.difference(&known).cloned().collect()))
}

/// A 2xx means "on disk" only if the server waits for the disk. `local` does, for its own.
async fn weak(connection: &DatabaseConnection) -> Result<Vec<Weakness>, DbErr> {
    let mut weak = Vec::new();
    for (setting, should_be) in [("synchronous_commit", "on"), ("fsync", "on"), ("full_page_writes", "on")] {
        let value = texts(connection, &format!("SELECT current_setting('{setting}')")).await?.pop().unwrap_or_default();
        if value == "off" {
            weak.push(Weakness { setting, value, should_be });
        }
    }
    Ok(weak)
}

async fn is_standby(connection: &DatabaseConnection) -> Result<bool, DbErr> {
    let sql = "SELECT (pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on')::text";
    Ok(texts(connection, sql).await?.pop().as_deref() == Some("true"))
}

async fn ahead(connection: &DatabaseConnection, clock: &dyn Clock) -> Result<TimeDelta, DbErr> {
    let asked = clock.now();
    let row = connection.query_one_raw(statement(connection, "SELECT clock_timestamp()")).await?;
    let said: DateTime<Utc> = row.ok_or(DbErr::RecordNotFound("the time".to_owned()))?.try_get_by_index(0)?;
    let answered = clock.now();
    Ok(said - (asked + (answered - asked) / 2))
}

/// What cannot be read as an address is another check's affair.
async fn faces(connection: &DatabaseConnection) -> Result<Vec<CheckedFace>, DbErr> {
    if !exists(connection, "board").await? {
        return Ok(Vec::new());
    }
    let rows = connection.query_all_raw(statement(connection, "SELECT DISTINCT sender_address, reply_to FROM board")).await?;
    let mut faces = BTreeSet::new();
    for row in rows {
        let address = |column: &str| row.try_get::<String>("", column).map(|text| text.parse().ok());
        if let (Some(sender), Some(reply_to)) = (address("sender_address")?, address("reply_to")?) {
            faces.insert(CheckedFace { sender, reply_to });
        }
    }
    Ok(faces.into_iter().collect())
}

async fn exists(connection: &DatabaseConnection, table: &str) -> Result<bool, DbErr> {
    let sql = match connection.get_database_backend() {
        DbBackend::Postgres => format!("SELECT to_regclass('{table}')::text WHERE to_regclass('{table}') IS NOT NULL"),
        _ => format!("SELECT name FROM sqlite_master WHERE type = 'table' AND name = '{table}'"),
    };
    Ok(!texts(connection, &sql).await?.is_empty())
}

async fn texts(connection: &DatabaseConnection, sql: &str) -> Result<Vec<String>, DbErr> {
    connection.query_all_raw(statement(connection, sql)).await?.iter().map(|row| row.try_get_by_index(0)).collect()
}

fn statement(connection: &DatabaseConnection, sql: &str) -> Statement {
    Statement::from_string(connection.get_database_backend(), sql.to_owned())
}

#[cfg(test)]
mod tests {
    use hearback_domain::{clock::SystemClock, locale::Locale};
    use hearback_testkit::{
        database::{DatabaseKind, TestDatabase},
        on_both_databases,
    };

    use super::*;
    use crate::{BoardDetails, opened::open};

    on_both_databases! {
        async fn an_empty_database_has_everything_before_it_and_stays_empty(kind: DatabaseKind) {
            let database = TestDatabase::create(kind);
            if kind == DatabaseKind::Sqlite {
                assert!(check_up(database.url(), &SystemClock).await.is_err(), "a file that is not there is not made");
                return;
            }
            for _ in 0..2 {
                let found = check_up(database.url(), &SystemClock).await.unwrap();
                assert_eq!((found.pending, found.unknown.len(), found.faces.len()), (Steps::migrations().len(), 0, 0));
            }
        }

        async fn a_database_in_use_is_whole(kind: DatabaseKind) {
            let opened = open(kind).await;
            let address = |text: &str| -> EmailAddress { text.parse().unwrap() };
            let board = BoardDetails {
                external_id: None,
                organisation: "Example".to_owned(),
                sender: address("jobs@mail.example.com"),
                sender_name: "Example".to_owned(),
                reply_to: address("people@example.com"),
                locale: Locale::En,
                time_zone: chrono_tz::Tz::UTC,
            };
            opened.ledger.create_board(board).await.unwrap();
            let found = check_up(opened.database.url(), &SystemClock).await.unwrap();
            assert_eq!((found.pending, found.unknown.len(), found.is_read_only), (0, 0, false));
            let expected = CheckedFace { sender: address("jobs@mail.example.com"), reply_to: address("people@example.com") };
            assert!(found.faces.contains(&expected), "{:?}", found.faces);
            match kind {
                DatabaseKind::Sqlite => assert_eq!(found.ahead, None),
                DatabaseKind::Postgres => assert!(found.ahead.unwrap().abs() < TimeDelta::seconds(2), "{:?}", found.ahead),
            }
            opened.ledger.database().writer().execute_unprepared("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20990101_000001_later', 0)").await.unwrap();
            assert_eq!(check_up(opened.database.url(), &SystemClock).await.unwrap().unknown, ["m20990101_000001_later"]);
        }
    }

    #[tokio::test]
    async fn a_server_that_does_not_wait_for_the_disk_is_found() {
        let database = TestDatabase::create(DatabaseKind::Postgres);
        let separator = if database.url().contains('?') { '&' } else { '?' };
        let url = format!("{}{separator}options=-c%20synchronous_commit%3Doff", database.url());
        let found = check_up(&url, &SystemClock).await.unwrap();
        assert!(
            found.weak.contains(&Weakness { setting: "synchronous_commit", value: "off".to_owned(), should_be: "on" }),
            "{:?}",
            found.weak
        );
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_is_an_error() {
        assert!(matches!(check_up("postgres://nobody@127.0.0.1:1/none", &SystemClock).await, Err(OpenError::Unreachable(_))));
    }
}
