//! Whether the jobs that people apply for take applications.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use chrono_tz::Tz;
use hearback_domain::{
    ids::{BoardId, JobId},
    locale::Locale,
    policy::Policy,
};
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult};
use uuid::Uuid;

use super::{Submission, SubmitError};
use crate::{
    Ledger, LedgerError,
    policies::Overriding,
    rows::{Column, Rows},
};

/// The most that a process remembers.
const MOST: usize = 1024;

/// A job, and what its applications take over from it or its board.
pub(crate) struct OpenJob {
    pub(super) id: JobId,
    board: BoardId,
    is_open: bool,
    pub(super) locale: Locale,
    pub(super) time_zone: Tz,
    pub(super) policy: Arc<Policy>,
    /// Names the rows that this was read from: others since, and it is not what the job is now. PostgreSQL only.
    pub(super) version: String,
}

/// Jobs as they were when somebody applied last. Whoever goes by one has the database compare its version.
#[derive(Default)]
pub(crate) struct KnownJobs(Mutex<HashMap<JobId, Arc<OpenJob>>>);

impl KnownJobs {
    pub(super) fn of(&self, submissions: &[&Submission]) -> HashMap<JobId, Arc<OpenJob>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        submissions.iter().filter_map(|submission| Some((submission.job, Arc::clone(known.get(&submission.job)?)))).collect()
    }

    fn remember<'a>(&self, jobs: impl Iterator<Item = &'a Arc<OpenJob>>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for job in jobs {
            if known.len() >= MOST {
                known.clear();
            }
            known.insert(job.id, Arc::clone(job));
        }
    }
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
    version: String,
}

/// Of the rows of a job `j` and its board `b`: the transactions that wrote them (the manual, section 5.5).
pub(super) const VERSION: &str = "j.xmin::text || '/' || b.xmin::text";

const NO_VERSION: &str = "''";

fn select(version: &str) -> String {
    format!(
        "SELECT j.id, j.board_id, j.status, b.locale, COALESCE(j.time_zone, b.time_zone) AS time_zone,
            b.policy AS board_policy, j.policy AS job_policy, {version} AS version
        FROM job j JOIN board b ON b.id = j.board_id WHERE j.id IN (SELECT v.id FROM v)"
    )
}

pub(super) async fn read(ledger: &Ledger, submissions: &[&Submission]) -> Result<HashMap<JobId, Arc<OpenJob>>, LedgerError> {
    let ids: BTreeSet<JobId> = submissions.iter().map(|submission| submission.job).collect();
    let rows = Rows::new([Column::Uuid("id")], ids.into_iter().map(|id| [id.uuid().into()]));
    let database = ledger.database();
    let mut jobs = HashMap::new();
    let select = select(if database.backend() == DbBackend::Postgres { VERSION } else { NO_VERSION });
    for row in database.reader().query_all_raw(rows.statement(database.backend(), &select)).await? {
        let Row { id, board_id, status, locale, time_zone, board_policy, job_policy, version } = Row::from_query_result(&row, "")?;
        let job = OpenJob {
            id: id.into(),
            board: board_id.into(),
            is_open: status == "open",
            locale: locale.parse().map_err(|error| LedgerError::unreadable("board", error))?,
            time_zone: time_zone.parse().map_err(|error| LedgerError::unreadable("job", error))?,
            policy: ledger.policy_under(&Overriding { board: board_policy, job: job_policy }),
            version,
        };
        jobs.insert(job.id, Arc::new(job));
    }
    ledger.known_jobs().remember(jobs.values());
    Ok(jobs)
}

/// A job on a board that is not the caller's does not exist for them.
pub(super) fn open<'a>(jobs: &'a HashMap<JobId, Arc<OpenJob>>, submission: &Submission) -> Result<&'a OpenJob, SubmitError> {
    let job = jobs.get(&submission.job).filter(|job| submission.only_board.is_none_or(|board| board == job.board));
    match job {
        None => Err(SubmitError::NoSuchJob),
        Some(job) if !job.is_open => Err(SubmitError::JobClosed),
        Some(job) => Ok(job),
    }
}
