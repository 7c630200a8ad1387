//! Where it happens: a temporary folder with an SQLite file, and the server on a free port.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use chrono::TimeDelta;
use hearback_domain::calendar::Delay;
use hearback_ledger::{ApiKeyKind, Ledger, NewApiKey};
use tempfile::TempDir;

use super::{client::Client, worker::Worker};
use crate::{
    App, Running,
    config::{Config, DatabaseUrl, PublicUrl, Quiet, Span, Wait},
};

/// The undo window of a rejection, as long as somebody wants to watch.
pub(super) const UNDO_WINDOW: TimeDelta = TimeDelta::seconds(3);

/// After which the messages of a killed worker are anybody's.
const LEASE: TimeDelta = TimeDelta::seconds(2);

pub(super) struct Place {
    running: Running,
    client: Client,
    config: PathBuf,
    folder: TempDir,
}

impl Place {
    pub(super) async fn prepare() -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("hearback-demo-").tempdir()?;
        let mut config = Config { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), ..Config::default() };
        let url = format!("sqlite:{}", folder.path().join("hearback.db").display());
        config.database.url = DatabaseUrl::try_from(url).map_err(anyhow::Error::msg)?;
        config.promises.reject_after_delay = Wait(Delay::Time(UNDO_WINDOW));
        // It is run at night, too.
        config.promises.quiet_hours = Quiet(None);
        config.ledger.lease = Span(LEASE);
        config.log.level = "warn".to_owned();
        // The worker is a process of its own.
        config.worker.enabled = false;
        let running = App::start(config.clone()).await?;

        config.public_url = Some(PublicUrl::try_from(running.public_url.clone()).map_err(anyhow::Error::msg)?);
        let file = folder.path().join("hearback.toml");
        fs::write(&file, config.dump())?;
        let new = NewApiKey { kind: ApiKeyKind::Secret, is_test: false, board: None, name: "demo".to_owned() };
        let (_, key) = running.ledger.create_api_key(new).await?;
        let client = Client::new(&running.url, &key)?;
        Ok(Self { running, client, config: file, folder })
    }

    pub(super) fn url(&self) -> &str {
        &self.running.url
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn ledger(&self) -> &Ledger {
        &self.running.ledger
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    pub(super) fn key(&self) -> &str {
        self.client.key()
    }

    pub(super) fn start_worker(&self) -> anyhow::Result<Worker> {
        Worker::start(&self.config)
    }

    /// The worker before the folder, so that nobody looks for a file that is gone.
    pub(super) async fn leave(self, worker: Worker) {
        // It has nothing left to do; if it is gone already, so much the better.
        let _ = worker.kill().await;
        self.running.stop().await;
    }
}
