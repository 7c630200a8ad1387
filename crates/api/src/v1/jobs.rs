//! What people apply for.

pub(crate) mod archive;
pub(crate) mod close;
pub(crate) mod close_dry_run;
pub(crate) mod create;
pub(crate) mod find;
pub(crate) mod list;
pub(crate) mod put;
pub(crate) mod reopen;
pub(crate) mod set;
pub(crate) mod show;

use chrono::{DateTime, Utc};
use hearback_ledger::JobDetails;
use serde::Serialize;
use utoipa::ToSchema;

use crate::schema;

/// A job that people apply for.
#[derive(Serialize, ToSchema)]
pub(crate) struct Job {
    #[schema(value_type = schema::JobId)]
    id: String,
    #[schema(value_type = schema::BoardId)]
    board_id: String,
    /// Your own id for it.
    #[schema(required)]
    external_id: Option<String>,
    title: String,
    /// Who is asked to act when an applicant waits for a person.
    #[schema(format = Email)]
    owner: String,
    /// Who is asked when the owner did not act.
    #[schema(required, format = Email)]
    manager: Option<String>,
    /// Where applicants for this job live, if not where the board says (IANA).
    #[schema(required)]
    time_zone: Option<&'static str>,
    #[schema(value_type = schema::JobStatus)]
    status: &'static str,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    /// Since when it takes no applications.
    #[schema(required)]
    closed_at: Option<DateTime<Utc>>,
    /// Since when it is put away.
    #[schema(required)]
    archived_at: Option<DateTime<Utc>>,
}

impl From<hearback_ledger::Job> for Job {
    fn from(job: hearback_ledger::Job) -> Self {
        let hearback_ledger::Job { id, board, details, status, created_at, updated_at, closed_at, archived_at } = job;
        let JobDetails { external_id, title, owner, manager, time_zone } = details;
        Self {
            id: id.to_string(),
            board_id: board.to_string(),
            external_id,
            title,
            owner: owner.to_string(),
            manager: manager.map(|manager| manager.to_string()),
            time_zone: time_zone.map(|zone| zone.name()),
            status: status.as_str(),
            created_at,
            updated_at,
            closed_at,
            archived_at,
        }
    }
}
