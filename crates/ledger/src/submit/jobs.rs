//! Whether the jobs that people apply for take applications.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use chrono_tz::Tz;
use hearback_domain::{
    ids::{BoardId, JobId},
    locale::Locale,
    policy::Policy,
};
use sea_orm::{ConnectionTrait, FromQueryResult};
use uuid::Uuid;

use super::{Submission, SubmitError};
use crate::{
    Ledger, LedgerError,
    policies::Overriding,
    rows::{Column, Rows},
};

/// A job, and what its applications take over from it or its board.
pub(super) struct OpenJob {
    pub(super) id: JobId,
    board: BoardId,
    is_open: bool,
    pub(super) locale: Locale,
    pub(super) time_zone: Tz,
    pub(super) policy: Arc<Policy>,
}

#[derive(FromQueryResult)]
struct Row {
    id: Uuid,
    board_id: Uuid,
    status: String,
    locale: String,
    time_zone: String,
    board_policy: Option<String>,
    job_policy: Option<String>,
}

const SELECT: &str = "SELECT j.id, j.board_id, j.status, b.locale, COALESCE(j.time_zone, b.time_zone) AS time_zone,
    b.policy AS board_policy, j.policy AS job_policy
    FROM job j JOIN board b ON b.id = j.board_id WHERE j.id IN (SELECT v.id FROM v)";

pub(super) async fn read(ledger: &Ledger, submissions: &[&Submission]) -> Result<HashMap<JobId, OpenJob>, LedgerError> {
    let ids: BTreeSet<JobId> = submissions.iter().map(|submission| submission.job).collect();
    let rows = Rows::new([Column::Uuid("id")], ids.into_iter().map(|id| [id.uuid().into()]));
    let database = ledger.database();
    let mut jobs = HashMap::new();
    for row in database.reader().query_all_raw(rows.statement(database.backend(), SELECT)).await? {
        let Row { id, board_id, status, locale, time_zone, board_policy, job_policy } = Row::from_query_result(&row, "")?;
        let job = OpenJob {
            id: id.into(),
            board: board_id.into(),
            is_open: status == "open",
            locale: locale.parse().map_err(|error| LedgerError::unreadable("board", error))?,
            time_zone: time_zone.parse().map_err(|error| LedgerError::unreadable("job", error))?,
            policy: ledger.policy_under(&Overriding { board: board_policy, job: job_policy }),
        };
        jobs.insert(job.id, job);
    }
    Ok(jobs)
}

/// A job on a board that is not the caller's does not exist for them.
pub(super) fn open<'a>(jobs: &'a HashMap<JobId, OpenJob>, submission: &Submission) -> Result<&'a OpenJob, SubmitError> {
    let job = jobs.get(&submission.job).filter(|job| submission.only_board.is_none_or(|board| board == job.board));
    match job {
        None => Err(SubmitError::NoSuchJob),
        Some(job) if !job.is_open => Err(SubmitError::JobClosed),
        Some(job) => Ok(job),
    }
}
