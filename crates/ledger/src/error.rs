//! What can go wrong, named by what the caller does next.

use sea_orm::{DbErr, RuntimeErr, SqlErr};

/// The database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the database URL must start with sqlite: or postgres:, and SQLite needs a file")]
    Url,
    #[error("the database cannot be reached: {0}")]
    Unreachable(#[source] DbErr),
    #[error("the database does not answer as it should: {0}")]
    Look(#[source] DbErr),
    #[error("the tables cannot be brought up to date: {0}")]
    Migrate(#[source] DbErr),
    #[error("the signing keys cannot be read: {0}")]
    SigningKeys(#[source] LedgerError),
    #[error("the work that comes round cannot be prepared: {0}")]
    Periodic(#[source] LedgerError),
    #[error("the database cannot be asked for the time: {0}")]
    Clock(String),
}

/// A read or a write did not happen.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The database is away or too busy. Nothing was written, or nobody can know: try again.
    #[error("the database does not answer: {0}")]
    Unavailable(#[source] DbErr),
    /// The database refused a statement that should always be possible: a defect.
    #[error("the database refused: {0}")]
    Refused(#[source] DbErr),
    /// A row holds what this release cannot read.
    #[error("a row of {table} cannot be read: {reason}")]
    Unreadable { table: &'static str, reason: String },
    /// Somebody was quicker than whoever asked for it on a condition. Nothing was written.
    #[error("the record has changed since it was seen")]
    Changed,
}

/// Something could not be put on record.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    #[error("the external id is already in use")]
    ExternalIdTaken,
    #[error("there is no such board")]
    NoSuchBoard,
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl LedgerError {
    pub(crate) fn unreadable(table: &'static str, reason: impl std::fmt::Display) -> Self {
        Self::Unreadable { table, reason: reason.to_string() }
    }
}

impl LedgerError {
    /// Whether another transaction won: the same again may well succeed.
    pub(crate) fn is_lost_race(&self) -> bool {
        let (Self::Unavailable(error) | Self::Refused(error)) = self else { return false };
        let code = sqlx_error(error).and_then(|error| error.as_database_error()?.code());
        let lost = matches!(code.as_deref(), Some("40001" | "40P01"));
        // Another application of the same person for the same job became active, or another message the head of the chain.
        let active = [
            "application_active_key",
            "application.job_id, application.candidate_id",
            "notification_head_key",
            "notification.application_id",
        ];
        let taken = match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(text)) => active.iter().any(|name| text.contains(name)),
            _ => false,
        };
        lost || taken
    }
}

fn sqlx_error(error: &DbErr) -> Option<&sea_orm::SqlxError> {
    match error {
        DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error))
        | DbErr::Conn(RuntimeErr::SqlxError(error)) => Some(error),
        _ => None,
    }
}

impl From<DbErr> for LedgerError {
    fn from(error: DbErr) -> Self {
        if is_away(&error) { Self::Unavailable(error) } else { Self::Refused(error) }
    }
}

/// A statement that failed with an answer from the database was refused; without one, the database is away. Being busy is an answer too,
/// but one that a later try may change.
fn is_away(error: &DbErr) -> bool {
    match error {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => true,
        DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => {
            error.as_database_error().is_none_or(|answer| {
                let code = answer.code().unwrap_or_default();
                // PostgreSQL: connection, resources, operator intervention, system, serialisation, deadlock.
                let postgres = code.len() == 5 && ["08", "53", "57", "58"].iter().any(|class| code.starts_with(class));
                // SQLite: busy, locked, I/O, full. The lowest byte of a code is what it is about, the rest is where.
                let sqlite = code.parse().ok().filter(|code| *code < 20_000).map(|code: u32| code & 0xff);
                postgres || matches!(code.as_ref(), "40001" | "40P01") || sqlite.is_some_and(|code| matches!(code, 5 | 6 | 10 | 13))
            })
        }
        _ => false,
    }
}

impl CreateError {
    /// The constraint's name tells which rule the row broke. SQLite does not name the constraint, but its columns.
    pub(crate) fn of(error: DbErr) -> Self {
        const EXTERNAL_ID: [&str; 4] = ["board_external_id_key", "board.external_id", "job_external_id_key", "job.external_id"];
        match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(text)) if EXTERNAL_ID.iter().any(|name| text.contains(name)) => Self::ExternalIdTaken,
            Some(SqlErr::ForeignKeyConstraintViolation(_)) => Self::NoSuchBoard,
            _ => Self::Ledger(error.into()),
        }
    }
}
