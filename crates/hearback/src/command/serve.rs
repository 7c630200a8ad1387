//! `hearback serve`

use std::process::ExitCode;

use super::outbox;
use crate::{
    App, at_rest, banner, cli,
    config::{Config, Mode},
    development,
    signals::Signals,
};

pub(super) async fn run(options: cli::Serve, mut config: Config) -> anyhow::Result<ExitCode> {
    if options.no_worker {
        config.worker.enabled = false;
    }
    let signals = Signals::listen()?;
    let mut running = App::start(config.clone()).await?;
    let tryout = match config.mode {
        Mode::Development => Some(development::prepare(&running.ledger, &config.database.url, &running.url).await?),
        Mode::Production => None,
    };
    banner::show(&config, &running, tryout.as_ref())?;
    outbox::warn_if_paused(&running.ledger).await?;
    tokio::select! {
        () = signals.asked_to_stop() => {}
        never = at_rest::give_back() => match never {},
        error = running.failed() => return Err(error),
    }
    tracing::info!("stopping: finishing what is in flight");
    running.stop().await;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}
