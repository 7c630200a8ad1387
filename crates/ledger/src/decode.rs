//! Reading rows that anything may have been written to.

use std::{
    fmt::Display,
    panic::{AssertUnwindSafe, catch_unwind},
};

use crate::LedgerError;

/// Reads one row, or says why it cannot be read. sqlx panics at some values that PostgreSQL allows (a time of `infinity`); a row with one is
/// unreadable like any other, and no affair of its neighbours'.
pub(crate) fn decoded<T>(table: &'static str, read: impl FnOnce() -> Result<T, LedgerError>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(read) => read.map_err(|error| error.to_string()),
        Err(_) => Err(unreadable(table, "a value is beyond what can be expressed")),
    }
}

fn unreadable(table: &'static str, reason: impl Display) -> String {
    LedgerError::unreadable(table, reason).to_string()
}
