//! `hearback evidence`: what applicants were told, to be handed over.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::Args;
use hearback_domain::{
    evidence::Csv,
    ids::{ApplicationId, JobId},
};
use hearback_ledger::EvidenceOf;

use crate::{app, config::Config};

#[derive(Args, Debug)]
pub(crate) struct Evidence {
    /// One application: app_…
    #[arg(long, conflicts_with = "job", required_unless_present = "job")]
    pub(crate) application: Option<ApplicationId>,
    /// All applications for a job: job_…
    #[arg(long)]
    pub(crate) job: Option<JobId>,
    /// A JSON object a line, instead of CSV
    #[arg(long)]
    pub(crate) json: bool,
}

/// CSV, or a JSON object a line.
pub(super) async fn run(options: Evidence, config: Config) -> anyhow::Result<ExitCode> {
    let Evidence { application, job, json } = options;
    let of = match (application, job) {
        (Some(application), None) => EvidenceOf::Application(application),
        (None, Some(job)) => EvidenceOf::Job(job),
        _ => anyhow::bail!("name an application or a job: --application app_… or --job job_…"),
    };
    let ledger = app::open_existing(&config).await?;
    let there = match of {
        EvidenceOf::Application(id) => ledger.application(id).await?.is_some(),
        EvidenceOf::Job(id) => ledger.job(id).await?.is_some(),
    };
    anyhow::ensure!(there, "there is no such application or job");
    let mut out = io::stdout().lock();
    if !json {
        write!(out, "{}", Csv::head())?;
    }
    let mut after = None;
    loop {
        let part = ledger.evidence(of, after).await?;
        for evidence in &part.evidence {
            if json { writeln!(out, "{}", serde_json::to_string(evidence)?)? } else { write!(out, "{}", Csv::line(evidence))? }
        }
        after = part.next;
        if after.is_none() {
            return Ok(ExitCode::SUCCESS);
        }
    }
}
