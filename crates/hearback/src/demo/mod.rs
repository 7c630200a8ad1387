//! `hearback demo`: the main job from end to end in some seconds, with real parts.
//!
//! The API runs in this process and is spoken to over TCP. The worker is a child process on the same SQLite file, so that it can be
//! killed as an accident would. Only lengths are shortened, and the output says which.

mod cast;
mod chaos;
mod client;
mod figures;
mod place;
mod story;
mod timeline;
mod worker;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use crate::{cli, command::audit, config::LogConfig, logs, signals::Signals, terminal::Paint};

use place::Place;

pub(crate) async fn run(options: cli::Demo) -> anyhow::Result<ExitCode> {
    // That its relay is away, the demonstration of a bad one says itself.
    let level = if options.chaos { "error" } else { "warn" };
    logs::start(&LogConfig { level: level.to_owned(), ..LogConfig::default() });
    let signals = Signals::listen()?;
    tokio::select! {
        code = async { if options.chaos { chaos::perform().await } else { perform(options).await } } => code,
        // What was started ends with what holds it.
        () = signals.asked_to_stop() => Ok(ExitCode::from(130)),
    }
}

async fn perform(options: cli::Demo) -> anyhow::Result<ExitCode> {
    let paint = Paint::stdout();
    let place = Place::prepare().await?;
    let mut out = io::stdout();
    writeln!(
        out,
        "{}  {}\n",
        paint.bold("Hearback demo"),
        paint.dim(format!("{}, everything in {}", place.url(), place.folder().display()))
    )?;
    let told = story::tell(&place, paint).await?;
    timeline::print(&place, &told.applications, paint).await?;
    figures::print(&place, &told, paint).await?;
    let findings = place.ledger().audit().await?;
    if options.keep {
        audit::print(&mut out, paint, &findings)?;
        keep(&place, paint)?;
        // Until a signal drops this future.
        std::future::pending::<()>().await;
    }
    place.leave(told.worker).await;
    audit::print(&mut out, paint, &findings)?;
    Ok(if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn keep(place: &Place, paint: Paint) -> io::Result<()> {
    let (mut out, url) = (io::stdout(), place.url());
    writeln!(out, "\n{}", paint.bold("Still up, until Ctrl-C:"))?;
    writeln!(out, "  Mailbox   {url}/dev/mailbox")?;
    writeln!(out, "  API docs  {url}/docs/")?;
    writeln!(out, "  API       curl -sS {url}/v1/applications -H 'Authorization: Bearer {}'", place.key())
}
