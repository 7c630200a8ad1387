//! Applications come from another system, through the same door as all others: each owes what it owes, or says why not.
//!
//! Many are carried out in chunks, each of which is one transaction. The other system's id makes a row that comes again the same row, so
//! whoever was killed in the middle begins again from the start, and finds what is there.

mod write;

use std::collections::{BTreeMap, BTreeSet};

use hearback_domain::{
    actor::Actor,
    confirmation::{NotConfirmed, Shown},
    ids::{ApplicationId, BoardId, JobId},
    import::Row,
    promise::import::{Gets, Unsaid},
};
use sha2::{Digest, Sha256};

use crate::{BulkError, Ledger, LedgerError, change::ATTEMPTS, submit::external_id_is_taken};

/// As many rows as one transaction writes.
const CHUNK: usize = 500;

/// Who imports, and where to.
#[derive(Clone, Copy, Debug)]
pub struct Importing<'a> {
    /// The one board that the caller may write to; without, any.
    pub only_board: Option<BoardId>,
    pub is_test: bool,
    pub actor: &'a Actor,
}

/// What became of one row, or would.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    pub application: ApplicationId,
    pub job: JobId,
    pub gets: Gets,
}

/// Why a row was passed over. The others go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportRefused {
    #[error("there is no such job: create it first, or correct its id")]
    NoSuchJob,
    #[error("several boards have a job with this external id: give its id, job_…")]
    AmbiguousJob,
    #[error(
        "the job is closed, and so nobody would decide about an active application: open the job, or give the status that it ended with"
    )]
    JobClosed,
    #[error("an earlier row has the same external id for the same job: leave one out")]
    Repeated,
    #[error("the database does not take it: {0}")]
    NotTaken(String),
}

impl ImportRefused {
    /// The field that has to be changed; empty for the row as a whole.
    pub const fn field(&self) -> &'static str {
        match self {
            Self::NoSuchJob | Self::AmbiguousJob => "job",
            Self::JobClosed => "status",
            Self::Repeated => "external_id",
            Self::NotTaken(_) => "",
        }
    }
}

/// Whether it is only looked at: the same is done, and taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Look,
    Write,
}

/// What an import comes to, of any length.
#[derive(Clone, Debug, Default)]
pub struct ImportTally {
    pub rows: u64,
    pub already_here: u64,
    pub refused: u64,
    pub messages: u32,
    pub nothing: BTreeMap<Unsaid, u32>,
    jobs: BTreeSet<JobId>,
    /// Of the rows as they are meant, and not of what becomes of them: whoever goes on with an import has confirmed all of it.
    hash: Sha256,
}

impl ImportTally {
    pub fn add(&mut self, row: &Row, result: &Result<Imported, ImportRefused>) {
        self.rows += 1;
        let Row { external_id, job, name, email, locale, applied_at, imported, reason, exemption } = row;
        // Debug output of an address is masked.
        let meant = format!("{:?}", (external_id, job, name, email.as_str(), locale, applied_at, imported, reason, exemption));
        self.hash.update(meant.as_bytes());
        self.hash.update([0]);
        match result {
            Ok(Imported { job, gets: Gets::Message { .. }, .. }) => {
                self.messages += 1;
                self.jobs.insert(*job);
            }
            Ok(Imported { gets: Gets::Nothing(Unsaid::AlreadyHere), .. }) => self.already_here += 1,
            Ok(Imported { gets: Gets::Nothing(why), .. }) => *self.nothing.entry(*why).or_default() += 1,
            Err(_) => self.refused += 1,
        }
    }

    fn shown(&self) -> Shown {
        Shown { operation: self.hash.clone().finalize().into(), people: Sha256::digest(b"import").into() }
    }
}

impl Ledger {
    /// What the import would do, row by row, by doing it and taking it back.
    pub async fn import_dry_run(
        &self,
        rows: &[Row],
        importing: Importing<'_>,
    ) -> Result<Vec<Result<Imported, ImportRefused>>, LedgerError> {
        self.import_part(rows, importing, Mode::Look).await
    }

    /// Carries it out, a chunk in each transaction. Whether it was to be confirmed, [`Ledger::import_is_confirmed`] has said before.
    pub async fn import(&self, rows: &[Row], importing: Importing<'_>) -> Result<Vec<Result<Imported, ImportRefused>>, LedgerError> {
        let mut results = Vec::with_capacity(rows.len());
        for chunk in rows.chunks(CHUNK) {
            results.extend(self.import_part(chunk, importing, Mode::Write).await?);
        }
        Ok(results)
    }

    /// To be given back with the rows that were looked at.
    pub fn import_confirmation(&self, tally: &ImportTally) -> String {
        self.link_keys().confirmation(&tally.shown(), self.now())
    }

    /// Whether so many people are written to that the dry run has to be confirmed.
    pub async fn import_needs_confirmation(&self, tally: &ImportTally) -> Result<bool, LedgerError> {
        Ok(tally.messages > self.import_cap(tally).await?)
    }

    async fn import_cap(&self, tally: &ImportTally) -> Result<u32, LedgerError> {
        self.bulk_cap(tally.jobs.iter().map(|job| job.uuid()).collect()).await
    }

    /// More people than their jobs' `bulk_cap`, and it must be the confirmation of just these rows. One that was given must hold in any case.
    pub async fn import_is_confirmed(&self, tally: &ImportTally, given: Option<&str>) -> Result<(), BulkError> {
        let Some(given) = given else {
            let cap = self.import_cap(tally).await?;
            return if tally.messages > cap { Err(BulkError::Unconfirmed { people: tally.messages, cap }) } else { Ok(()) };
        };
        let shown = tally.shown();
        match self.link_keys().confirmed(given, &shown, self.now()) {
            // Another process may have made a new key since.
            Err(NotConfirmed::Unreadable) => Ok(self.read_link_keys().await?.confirmed(given, &shown, self.now())?),
            other => Ok(other?),
        }
    }

    async fn import_part(
        &self,
        rows: &[Row],
        importing: Importing<'_>,
        mode: Mode,
    ) -> Result<Vec<Result<Imported, ImportRefused>>, LedgerError> {
        let mut attempt = 1;
        let error = loop {
            match write::rows(self, rows, importing, mode).await {
                Ok(results) => return Ok(results),
                Err(error) if (error.is_lost_race() || external_id_is_taken(&error)) && attempt < ATTEMPTS => attempt += 1,
                Err(error) => break error,
            }
        };
        match error {
            LedgerError::Refused(error) if rows.len() == 1 => Ok(vec![Err(ImportRefused::NotTaken(error.to_string()))]),
            // A row that the database refuses must not mute its neighbours.
            LedgerError::Refused(_) => {
                let mut results = Vec::with_capacity(rows.len());
                for row in rows.chunks(1) {
                    results.extend(Box::pin(self.import_part(row, importing, mode)).await?);
                }
                Ok(results)
            }
            error => Err(error),
        }
    }
}

#[cfg(test)]
mod tests;
