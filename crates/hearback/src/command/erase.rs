//! `hearback erase`: applicants' data, at their request or because its time is over.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::Args;
use hearback_domain::{
    EmailAddress,
    erasure::{Basis, First, NoFinalWord},
    ids::ApplicationId,
};
use hearback_ledger::{ApplicationFilter, Erase as Asked, Ledger, PERSONAL_DATA, Page, PastRetention};

use super::outbox::actor;
use crate::{app, cli::Whose, config::Config};

/// As many applications as one person is believed to have.
const MOST: u64 = 200;

/// As many as a dry run of the retention names.
const MOST_DUE: usize = 1_000;

#[derive(Args, Debug)]
pub(crate) struct Erase {
    /// Of these applications: app_…
    #[arg(required_unless_present_any = ["email", "due", "data"], value_name = "app_…")]
    pub(crate) applications: Vec<ApplicationId>,
    /// Of all applications that came from this address
    #[arg(long, conflicts_with = "applications")]
    pub(crate) email: Option<EmailAddress>,
    /// Of all that the policy (`[promises] retention`) does not want kept any longer; workers erase them by themselves, so this only looks
    #[arg(long, requires = "dry_run", conflicts_with_all = ["applications", "email"])]
    pub(crate) due: bool,
    /// Say what would happen, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Send no final message, for this reason: asked_for_none, told_by_person, not_an_applicant, unreachable
    #[arg(long)]
    pub(crate) exemption: Option<NoFinalWord>,
    /// List what is kept about whom, column by column, and erase nothing
    #[arg(long, exclusive = true)]
    pub(crate) data: bool,
    #[command(flatten)]
    pub(crate) whose: Whose,
}

pub(super) async fn run(options: Erase, config: Config) -> anyhow::Result<ExitCode> {
    let Erase { applications, email, due, dry_run, exemption, data, whose } = options;
    let mut out = io::stdout();
    if data {
        for (table, columns) in PERSONAL_DATA {
            for (column, kind) in *columns {
                writeln!(out, "{:<40}  {}", format!("{table}.{column}"), kind.as_str())?;
            }
        }
        return Ok(ExitCode::SUCCESS);
    }
    let ledger = app::open_existing(&config).await?;
    if due {
        return due_by_retention(&ledger, &mut out).await;
    }
    let these = match email {
        Some(email) => of_address(&ledger, email).await?,
        None => applications,
    };
    if dry_run {
        let mut all_can = true;
        for (id, answer) in ledger.erase_dry_run(&these, Basis::Requested).await? {
            all_can &= answer.is_ok();
            match answer {
                Ok(First::Withdraw) => writeln!(out, "{id}  is withdrawn, and erased once the applicant was told")?,
                Ok(First::Nothing) => writeln!(out, "{id}  is erased once nothing is on its way any more")?,
                Err(refused) => writeln!(out, "{id}  is kept: {refused}")?,
            }
        }
        writeln!(out, "erase: {} looked at (dry run: nothing was written)", these.len())?;
        return Ok(if all_can { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    let actor = actor(&whose)?;
    let answers = ledger.erase(&these, &Asked { basis: Basis::Requested, exemption, actor: &actor }).await?;
    let mut all_are = true;
    for (id, answer) in answers {
        match answer {
            Ok(erasure) => writeln!(out, "{id}  {}", erasure.state)?,
            Err(refused) => {
                all_are = false;
                writeln!(out, "{id}  is kept: {refused}")?;
            }
        }
    }
    writeln!(out, "erase: a worker erases each once the applicant was told everything that is owed to them")?;
    Ok(if all_are { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn of_address(ledger: &Ledger, email: EmailAddress) -> anyhow::Result<Vec<ApplicationId>> {
    let filter = ApplicationFilter { email: Some(email), ..ApplicationFilter::default() };
    let found = ledger.applications(&filter, Page { after: None, limit: MOST }).await?;
    Ok(found.into_iter().map(|application| application.id).collect())
}

async fn due_by_retention(ledger: &Ledger, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let past = ledger.past_retention(MOST_DUE).await?;
    for PastRetention { application, ended_at, kept } in &past {
        let what = kept.as_ref().map_or_else(|| "is erased".to_owned(), |refused| format!("is kept: {refused}"));
        writeln!(out, "{application}  last changed {}  {what}", ended_at.format("%Y-%m-%d"))?;
    }
    let more = if past.len() == MOST_DUE { " or more" } else { "" };
    writeln!(out, "erase: {}{more} past their retention (dry run: nothing was written)", past.len())?;
    Ok(ExitCode::SUCCESS)
}
