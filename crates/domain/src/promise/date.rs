use chrono::{DateTime, Utc};

/// What is wrong with a date that somebody named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongDate {
    #[error("must be in the future")]
    NotInTheFuture,
    #[error("must not be in the future: record it when it has happened")]
    InTheFuture,
    #[error("must not be after {0}")]
    After(DateTime<Utc>),
}
