//! `hearback outbox …`

mod act;
mod json;
mod list;
mod show;
pub(super) mod words;

use std::process::ExitCode;

pub(super) use act::actor;
use hearback_ledger::{Ledger, Pause};
pub(crate) use words::paused;

use crate::{app, cli::OutboxCommand, config::Config};

/// For whoever starts a process and wonders why nothing goes out.
pub(super) async fn warn_if_paused(ledger: &Ledger) -> anyhow::Result<()> {
    if let Some(Pause { since, reason, by, resumed: _ }) = ledger.outbox_pause().await? {
        tracing::warn!(%since, reason, by = words::by(&by), "the outbox is paused: nothing is sent until `hearback outbox resume`");
    }
    Ok(())
}

pub(super) async fn run(command: OutboxCommand, config: Config) -> anyhow::Result<ExitCode> {
    let ledger = app::open_existing(&config).await?;
    match command {
        OutboxCommand::List(options) => list::run(&ledger, options).await,
        OutboxCommand::Show { id, output } => show::run(&ledger, id, output).await,
        OutboxCommand::Retry { ids, whose } => act::retry(&ledger, &ids, &whose).await,
        OutboxCommand::Release { ids, whose } => act::release(&ledger, &ids, &whose).await,
        OutboxCommand::Cancel { ids, reason, whose } => act::cancel(&ledger, &ids, &reason, &whose).await,
        OutboxCommand::Pause { reason, whose } => act::pause(&ledger, &reason, &whose).await,
        OutboxCommand::Resume { whose } => act::resume(&ledger, &whose).await,
    }
}
