//! The worker, with the transports that the settings ask for.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use anyhow::Context;
use hearback_domain::clock::Clock;
use hearback_ledger::Ledger;
use hearback_mailer::{
    Composer,
    transport::{
        Transport,
        capture::Capture,
        smtp::{Login, Password, Relay, Relays, Roots, Security},
    },
};
use hearback_queue::{LedgerCapture, Queue};
use tokio::{
    sync::oneshot,
    task::JoinHandle,
    time::{sleep, timeout},
};

use crate::config::{Config, MailTransport, PublicUrl, SmtpConfig, SmtpSecurity};

/// How long messages that are being sent may take once the program was asked to stop. Those of a relay that is slower come back to the
/// ledger with the end of their lease.
const LAST_MESSAGES: Duration = Duration::from_secs(30);

/// How often sessions that nobody uses any more are looked for.
const REAP_EVERY: Duration = Duration::from_secs(30);

/// A worker that runs.
pub(crate) struct Sending {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
    relays: Option<Arc<Relays>>,
}

impl Sending {
    pub(crate) fn start(config: &Config, public_url: &str, ledger: Ledger, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        let test: Arc<dyn Transport> = Arc::new(Capture::new(LedgerCapture::new(ledger.clone()), Arc::clone(&clock)));
        let relays = match config.mail.transport {
            MailTransport::Capture => None,
            MailTransport::Smtp => Some(relays(config, clock)?),
        };
        let live = relays.clone().map_or_else(|| Arc::clone(&test), |relays| relays as Arc<dyn Transport>);
        let composer = Arc::new(Composer::new()?);
        let (concurrency, public_url) = (config.worker.concurrency, public_url.to_owned());
        let queue = Queue::new(ledger, hearback_queue::Config { concurrency, public_url, live, test, composer });
        let (stop, stopped) = oneshot::channel();
        // A sender that is dropped asks to stop as well.
        let shutdown = async move { drop(stopped.await) };
        let task = tokio::spawn(async move { queue.run(shutdown).await });
        if let Some(relays) = &relays {
            tokio::spawn(keep_reaping(Arc::downgrade(relays)));
        }
        Ok(Self { stop, task, relays })
    }

    /// Returns only if the worker ends that nobody asked to.
    pub(crate) async fn failed(&mut self) -> anyhow::Error {
        match (&mut self.task).await {
            Ok(()) => anyhow::anyhow!("the worker ended"),
            Err(error) => anyhow::Error::from(error).context("the worker ended"),
        }
    }

    /// Claims nothing more, and returns when what was claimed is settled.
    pub(crate) async fn stop(self) {
        let Self { stop, task, relays } = self;
        // A worker that has already ended cannot hear it.
        let _ = stop.send(());
        match timeout(LAST_MESSAGES, task).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "the worker did not end well"),
            Err(_) => tracing::warn!("messages are still being sent after {LAST_MESSAGES:?}; they are sent again by the next worker"),
        }
        if let Some(relays) = relays {
            relays.close().await;
        }
    }
}

fn relays(config: &Config, clock: Arc<dyn Clock>) -> anyhow::Result<Arc<Relays>> {
    let SmtpConfig { host, port, security, ca_file, user, password, ehlo_name, idle_sessions, idle_for, away_pause } =
        config.mail.smtp.clone();
    let host = host.ok_or_else(|| anyhow::anyhow!("mail.smtp.host is not set"))?;
    let ehlo_name = ehlo_name.or_else(|| config.public_url.as_ref().map(PublicUrl::host)).unwrap_or_else(|| "localhost".to_owned());
    let login =
        user.zip(password).map(|(user, password)| Login { user, password: Password::new(password.reveal()), allow_plain_text: false });
    let relay = Relay {
        security: match security {
            SmtpSecurity::None => Security::None,
            SmtpSecurity::Opportunistic => Security::Opportunistic,
            SmtpSecurity::StartTls => Security::StartTls,
            SmtpSecurity::Tls => Security::Implicit,
        },
        roots: ca_file.map_or(Roots::System, Roots::File),
        login,
        idle_sessions,
        idle_for: idle_for.duration(),
        away_pause: away_pause.0,
        ..Relay::new(host, port, ehlo_name)
    };
    Ok(Arc::new(Relays::new(vec![relay], clock).context("the relay of [mail.smtp] cannot be used")?))
}

async fn keep_reaping(relays: Weak<Relays>) {
    loop {
        sleep(REAP_EVERY).await;
        let Some(relays) = relays.upgrade() else { return };
        relays.reap();
    }
}
