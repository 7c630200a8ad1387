#![doc = include_str!("../README.md")]

mod api_keys;
mod boards;
mod captured;
mod database;
mod entity;
mod error;
mod jobs;
mod ledger;
#[cfg(test)]
mod opened;
mod rows;
mod signing_keys;

pub use api_keys::{ApiKeyKind, Caller, NewApiKey};
pub use boards::{Board, BoardDetails};
pub use captured::{CapturedMail, MailToKeep};
pub use error::{CreateError, LedgerError, OpenError};
pub use jobs::{Job, JobDetails, JobStatus};
pub use ledger::{Ledger, Page};
