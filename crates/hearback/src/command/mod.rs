//! What each command does.

pub(crate) mod audit;
mod config;
mod doctor;
pub(crate) mod erase;
pub(crate) mod evidence;
pub(crate) mod import;
mod inbound;
mod ingest;
mod keys;
mod migrate;
mod openapi;
mod outbox;
mod reconcile;
pub(crate) mod report;
mod serve;
mod templates;
mod work;

use std::{
    env,
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

use clap::Parser;

use crate::{
    cli::{Cli, Command},
    config::{Config, ConfigProblems, Loaded, load},
    demo, logs,
};

/// Runs what was typed. The exit code is 0 if it went well, 1 if not, 2 if the command line was wrong or an audit could not be made.
#[tokio::main]
pub async fn run() -> ExitCode {
    let Cli { config, command } = Cli::parse();
    let command = command.unwrap_or_default();
    let failure = if matches!(command, Command::Audit(_)) { 2 } else { 1 };
    match execute(config.as_deref(), command).await {
        Ok(code) => code,
        // Whoever read the output, `head` perhaps, has seen enough.
        Err(error) if error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe) => ExitCode::SUCCESS,
        Err(error) => {
            // There is nowhere left to say that standard error is closed.
            let _ = writeln!(io::stderr(), "hearback: {error:#}");
            ExitCode::from(failure)
        }
    }
}

async fn execute(file: Option<&Path>, command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve(options) => serve::run(options, settings(file)?).await,
        Command::Work => work::run(settings(file)?).await,
        Command::Migrate => migrate::run(settings(file)?).await,
        Command::Evidence(options) => evidence::run(options, settings(file)?).await,
        Command::Erase(options) => erase::run(options, settings(file)?).await,
        Command::Report(options) => report::run(options, settings(file)?).await,
        Command::Audit(options) => audit::run(options, settings(file)?).await,
        Command::Reconcile(options) => reconcile::run(options, settings(file)?).await,
        Command::Outbox(command) => outbox::run(command, settings(file)?).await,
        Command::Ingest(options) => ingest::run(options, settings(file)?).await,
        Command::Import(options) => import::run(options, settings(file)?).await,
        Command::Inbound(command) => inbound::run(command),
        Command::Doctor(options) => doctor::run(options, file).await,
        Command::Templates(command) => templates::run(command, file),
        Command::Openapi => openapi::run(),
        Command::Demo(options) => demo::run(options).await,
        Command::Config(command) => config::run(command, loaded(file)?).await,
        Command::Keys(command) => keys::run(command, settings(file)?).await,
    }
}

/// The settings that hold, and logs as they ask for.
fn settings(file: Option<&Path>) -> Result<Config, ConfigProblems> {
    let Loaded { config, places: _ } = loaded(file)?;
    logs::start(&config.log);
    Ok(config)
}

fn loaded(file: Option<&Path>) -> Result<Loaded, ConfigProblems> {
    let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
    load(file, env::vars_os().map(|(name, value)| (text(name), text(value))))
}
