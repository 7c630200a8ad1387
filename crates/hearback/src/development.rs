//! Something to try it with: in development, a job to apply for and keys that work, the same at every start.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::Context;
use chrono_tz::Tz;
use hearback_domain::{ids::JobId, locale::Locale};
use hearback_ledger::{ApiKeyKind, BoardDetails, JobDetails, JobStatus, Ledger, NewApiKey, Page};
use serde::Deserialize;
use tempfile::NamedTempFile;

use crate::config::DatabaseUrl;

/// Looked through for a job that is open.
const JOBS: u64 = 100;

pub(crate) struct Tryout {
    /// One to apply for, if any is open.
    pub(crate) job: Option<JobId>,
    pub(crate) keys: DevelopmentKeys,
}

/// Test keys: even where a relay is configured, what they submit is captured.
#[derive(Deserialize)]
pub(crate) struct DevelopmentKeys {
    pub(crate) publishable: String,
    pub(crate) secret: String,
}

/// A database without boards gets one with a job; keys are made unless the file beside the database has some that still work.
pub(crate) async fn prepare(ledger: &Ledger, database: &DatabaseUrl, url: &str) -> anyhow::Result<Tryout> {
    if ledger.boards(Page { after: None, limit: 1 }).await?.is_empty() {
        seed(ledger).await?;
    }
    let jobs = ledger.jobs(None, Page { after: None, limit: JOBS }).await?;
    let job = jobs.into_iter().find(|job| job.status == JobStatus::Open).map(|job| job.id);
    let file = keys_file(database);
    let keys = match read(&file) {
        Some(keys) if still_work(ledger, &keys).await? => keys,
        Some(_) | None => create(ledger).await?,
    };
    write(&file, &text(&keys, job, url)).with_context(|| format!("{} cannot be written", file.display()))?;
    Ok(Tryout { job, keys })
}

async fn seed(ledger: &Ledger) -> anyhow::Result<()> {
    let address = |local: &str| format!("{local}@example.com").parse().expect("an address of the example domain");
    let board = BoardDetails {
        external_id: None,
        organisation: "Example Library".to_owned(),
        sender: address("jobs"),
        sender_name: "Example Library".to_owned(),
        reply_to: address("people"),
        locale: Locale::En,
        time_zone: Tz::UTC,
    };
    let board = ledger.create_board(board).await?;
    let owner = address("people");
    let job = JobDetails { external_id: None, title: "Librarian".to_owned(), owner, manager: None, time_zone: None };
    ledger.create_job(board.id, job).await?;
    Ok(())
}

async fn still_work(ledger: &Ledger, keys: &DevelopmentKeys) -> anyhow::Result<bool> {
    let DevelopmentKeys { publishable, secret } = keys;
    Ok(ledger.caller(publishable).await?.is_some() && ledger.caller(secret).await?.is_some())
}

async fn create(ledger: &Ledger) -> anyhow::Result<DevelopmentKeys> {
    let new = |kind| NewApiKey { kind, is_test: true, board: None, name: "development".to_owned() };
    let (_, publishable) = ledger.create_api_key(new(ApiKeyKind::Publishable)).await?;
    let (_, secret) = ledger.create_api_key(new(ApiKeyKind::Secret)).await?;
    Ok(DevelopmentKeys { publishable, secret })
}

/// Beside the file of an SQLite database, or in the working directory.
fn keys_file(database: &DatabaseUrl) -> PathBuf {
    database.sqlite_file().unwrap_or_else(|| PathBuf::from("hearback")).with_extension("dev-keys")
}

/// A file that is gone or altered is made again.
fn read(file: &Path) -> Option<DevelopmentKeys> {
    toml::from_str(&fs::read_to_string(file).ok()?).ok()
}

/// TOML that a shell understands as well: `. ./hearback.dev-keys` gives it `$url`, `$job`, `$publishable` and `$secret`.
fn text(keys: &DevelopmentKeys, job: Option<JobId>, url: &str) -> String {
    let DevelopmentKeys { publishable, secret } = keys;
    let job = job.map(|job| job.to_string()).unwrap_or_default();
    format!(
        "# For trying it out, made by `hearback serve`. Delete this file to get other keys.\nurl=\"{url}\"\njob=\"{job}\"\n\
         publishable=\"{publishable}\"\nsecret=\"{secret}\"\n"
    )
}

/// For its owner only, as a temporary file is; there as a whole, or not at all.
fn write(file: &Path, text: &str) -> io::Result<()> {
    if fs::read_to_string(file).is_ok_and(|written| written == text) {
        return Ok(());
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let temporary = NamedTempFile::new_in(folder)?;
    fs::write(temporary.path(), text)?;
    temporary.persist(file)?;
    Ok(())
}
