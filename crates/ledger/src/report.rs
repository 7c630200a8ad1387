//! How the promises are kept: counted over everything on record, in parts that each end soon, and who is in silence.

mod count;
mod silence;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use hearback_domain::ids::{BoardId, JobId};

pub use silence::{InSilence, SilenceCursor, Silent};

/// Which applications are counted; each condition narrows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReportFilter {
    pub board: Option<BoardId>,
    pub job: Option<JobId>,
    /// Put on record at or after.
    pub from: Option<DateTime<Utc>>,
    /// Put on record before.
    pub until: Option<DateTime<Utc>>,
    /// Those of test keys, instead of the real ones.
    pub is_test: bool,
}

/// Beside the sum of all, the figures by what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReportBy {
    #[default]
    Job,
    /// Of the calendar, in UTC, in which the application was put on record.
    Month,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub at: DateTime<Utc>,
    pub total: Figures,
    /// Those with the most overdue first, for jobs; months in their order.
    pub groups: Vec<ReportGroup>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ReportGroup {
    pub key: GroupKey,
    pub figures: Figures,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GroupKey {
    Job {
        id: JobId,
        title: String,
    },
    /// As `2026-11`.
    Month(String),
}

/// Every message owed to an applicant is a promise.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figures {
    pub applications: u64,
    pub active: u64,
    pub rejected: u64,
    pub hired: u64,
    pub withdrawn: u64,
    /// Messages owed so far, without those that were taken back.
    pub owed: u64,
    /// Accepted by a relay, and not come back.
    pub kept: u64,
    /// Of these, by the date that was promised.
    pub on_time: u64,
    /// Neither sent nor given up on.
    pub open: u64,
    /// Of the open ones: tried in vain, or to be tried next when the promise is over.
    pub at_risk: u64,
    /// Of the open ones: past the promised date.
    pub overdue: u64,
    /// Refused for good, or come back: a person has to act.
    pub undeliverable: u64,
    /// Wait for a person to let them go.
    pub held: u64,
    /// Applicants whom a person told something by phone or face to face.
    pub told_in_person: u64,
    /// From the application to the first move, rejection or hire by a person; rejected people included.
    pub first_decision: Option<FirstDecision>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FirstDecision {
    /// Applications that a person has decided about at all.
    pub decided: u64,
    pub median: chrono::TimeDelta,
    pub p95: chrono::TimeDelta,
}

impl Figures {
    /// Of the promises whose date has come: kept by it. `None` as long as none has come.
    pub fn on_time_share(&self) -> Option<f64> {
        let due = self.kept + self.overdue + self.undeliverable;
        (due > 0).then(|| self.on_time as f64 / due as f64)
    }
}
