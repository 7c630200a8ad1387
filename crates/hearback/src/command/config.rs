//! `hearback config check`, `hearback config dump` and `hearback config preview`

use std::{
    io::{self, Write},
    process::ExitCode,
};

use hearback_ledger::{Page, PolicyPreview, PolicyPreviewed};

use crate::{
    app,
    cli::ConfigCommand,
    config::{Config, Loaded},
    templates,
    terminal::Paint,
};

/// Applications looked at together.
const PART: u64 = 500;

/// Settings that are wrong were refused when they were loaded.
pub(super) async fn run(command: ConfigCommand, loaded: Loaded) -> anyhow::Result<ExitCode> {
    let Loaded { config, places } = loaded;
    let mut out = io::stdout();
    match command {
        ConfigCommand::Dump => write!(out, "{}", config.dump())?,
        ConfigCommand::Preview => preview(&mut out, &config).await?,
        ConfigCommand::Check => {
            let width = places.keys().map(String::len).max().unwrap_or_default();
            for (key, place) in &places {
                writeln!(out, "{key:<width$}  {place}")?;
            }
            templates::composer(&config)?;
            match places.len() {
                0 => writeln!(out, "the settings can be used: all are defaults")?,
                1 => writeln!(out, "the settings can be used: 1 is set as above, the others are defaults")?,
                set => writeln!(out, "the settings can be used: {set} are set as above, the others are defaults")?,
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Compared with the policy that workers went by last; a worker that starts with these settings carries it out.
async fn preview(out: &mut impl Write, config: &Config) -> anyhow::Result<()> {
    let (ledger, paint) = (app::open_existing(config).await?, Paint::stdout());
    let (mut after, mut examined, mut changed) = (None, 0, 0);
    loop {
        let PolicyPreview { items, examined: part, next } = ledger.preview_adoption(Page { after, limit: PART }).await?;
        examined += part;
        changed += items.len();
        for PolicyPreviewed { application, changes } in items {
            for change in changes {
                writeln!(out, "{}  {change}", paint.bold(application))?;
            }
        }
        after = next;
        if after.is_none() {
            break;
        }
    }
    match changed {
        0 => writeln!(out, "nothing changes for anybody: {examined} applications looked at")?,
        _ => writeln!(out, "{changed} of {examined} applications would change, as soon as a worker starts with these settings")?,
    }
    Ok(())
}
