//! `hearback ingest`

use std::{
    io::{self, Read, Write},
    process::ExitCode,
};

use anyhow::{Context, ensure};
use hearback_inbound::limits;

use crate::{app, cli, config::Config};

/// Puts the mail on record. The exit code is 0 only if it is: a mail server that pipes mails here keeps those that are not.
pub(super) async fn run(options: cli::Ingest, config: Config) -> anyhow::Result<ExitCode> {
    let cli::Ingest { sender, recipient } = options;
    let mut raw = Vec::new();
    io::stdin().lock().take(limits::MAIL as u64 + 1).read_to_end(&mut raw).context("the mail cannot be read")?;
    ensure!(raw.len() <= limits::MAIL, "the mail is larger than {} bytes", limits::MAIL);
    ensure!(!raw.is_empty(), "standard input has no mail");
    let ledger = app::open_existing(&config).await?;
    for id in ledger.keep_inbound_mail(&sender, &recipient, raw).await? {
        writeln!(io::stdout(), "{id}")?;
    }
    Ok(ExitCode::SUCCESS)
}
