//! `hearback work`

use std::{process::ExitCode, sync::Arc};

use super::outbox;
use crate::{app, at_rest, config::Config, listener, sending::Sending, signals::Signals};

pub(super) async fn run(config: Config) -> anyhow::Result<ExitCode> {
    let signals = Signals::listen()?;
    let clock = app::clock(&config).await?;
    let ledger = app::open(&config, Arc::clone(&clock)).await?;
    // A worker does not listen, but links in its mails lead to a process that does.
    let public_url = config.public_url.as_ref().map_or_else(|| listener::local_url(config.listen), |given| given.as_str().to_owned());
    outbox::warn_if_paused(&ledger).await?;
    let mut sending = Sending::start(&config, &public_url, ledger, clock).await?;
    tracing::info!(database = %config.database.url, transport = %config.mail.transport, public_url, "worker ready");
    tokio::select! {
        () = signals.asked_to_stop() => {}
        never = at_rest::give_back() => match never {},
        error = sending.failed() => return Err(error),
    }
    tracing::info!("stopping: finishing what is in flight");
    sending.stop().await;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}
