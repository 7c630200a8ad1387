//! The worker, with the transports that the settings ask for.

use std::{
    fs, io,
    path::Path,
    sync::{Arc, Weak},
    time::Duration,
};

use anyhow::Context;
use hearback_domain::clock::Clock;
use hearback_ledger::Ledger;
use hearback_mailer::transport::{
    Transport,
    capture::Capture,
    smtp::{Login, Password, Relay, Relays, Roots, Security},
};
use hearback_queue::{LedgerCapture, Queue, Reach};
use tokio::{
    sync::oneshot,
    task::JoinHandle,
    time::{sleep, timeout},
};

use crate::{
    config::{Config, MailTransport, PublicUrl, RelayConfig, SmtpRoots, SmtpSecurity},
    templates,
};

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
    pub(crate) async fn start(config: &Config, public_url: &str, ledger: Ledger, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        ledger.adopt_policy().await.context("the policy cannot be compared with the one before")?;
        let test: Arc<dyn Transport> = Arc::new(Capture::new(LedgerCapture::new(ledger.clone()), Arc::clone(&clock)));
        let relays = match config.mail.transport {
            MailTransport::Capture => None,
            MailTransport::Smtp => Some(relays(config, clock)?),
        };
        let live = relays.clone().map_or_else(|| Arc::clone(&test), |relays| relays as Arc<dyn Transport>);
        let composer = Arc::new(templates::composer(config)?);
        let reach = reach(config, &ledger);
        let (concurrency, public_url) = (config.worker.concurrency, public_url.to_owned());
        let slots_per_domain = relays.is_some().then_some(config.worker.slots_per_domain);
        let queue = Queue::new(ledger, hearback_queue::Config { concurrency, slots_per_domain, public_url, reach, live, test, composer });
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

/// Whom mails go to, and where answers come back.
pub(crate) fn reach(config: &Config, ledger: &Ledger) -> Reach {
    Reach {
        reply_addresses: config.mail.reply_domain.as_ref().map(|domain| domain.addresses(ledger.link_keys().as_ref().clone())),
        redirect_all_to: config.mail.redirect_all_to.as_ref().map(|address| address.0.clone()),
    }
}

pub(crate) fn relays(config: &Config, clock: Arc<dyn Clock>) -> anyhow::Result<Arc<Relays>> {
    let relays = each_relay(config).into_iter().map(|(_, relay)| relay).collect::<anyhow::Result<_>>()?;
    Ok(Arc::new(Relays::new(relays, clock).context("a relay of the settings cannot be used")?))
}

/// With the key of its settings.
pub(crate) fn each_relay(config: &Config) -> Vec<(String, anyhow::Result<Relay>)> {
    let own_name = config.public_url.as_ref().map_or_else(|| "localhost".to_owned(), PublicUrl::host);
    let made = |(key, settings): (String, &RelayConfig)| {
        let relay = relay(&key, settings.clone(), &own_name);
        (key, relay)
    };
    config.mail.relays().into_iter().map(made).collect()
}

fn relay(key: &str, config: RelayConfig, own_name: &str) -> anyhow::Result<Relay> {
    let RelayConfig {
        host,
        port,
        security,
        roots,
        ca_file,
        user,
        password,
        password_file,
        plain_text_login: allow_plain_text,
        ehlo_name,
        sessions,
        idle_sessions,
        idle_for,
        mails_per_session,
        away_pause,
        longest_pause,
        timeouts,
    } = config;
    let password = match (password, password_file) {
        (Some(password), _) => Some(Password::new(password.reveal())),
        (None, Some(file)) => Some(read_password(&file).with_context(|| format!("{key}.password_file: {}", file.display()))?),
        (None, None) => None,
    };
    let login = user.zip(password).map(|(user, password)| Login { user, password, allow_plain_text });
    Ok(Relay {
        host: host.ok_or_else(|| anyhow::anyhow!("{key}.host is not set"))?,
        port,
        ehlo_name: ehlo_name.unwrap_or_else(|| own_name.to_owned()),
        security: match security {
            SmtpSecurity::None => Security::None,
            SmtpSecurity::Opportunistic => Security::Opportunistic,
            SmtpSecurity::StartTls => Security::StartTls,
            SmtpSecurity::Tls => Security::Implicit,
        },
        roots: match (ca_file, roots) {
            (Some(file), _) => Roots::File(file),
            (None, SmtpRoots::System) => Roots::System,
            (None, SmtpRoots::Mozilla) => Roots::Mozilla,
        },
        login,
        timeouts: timeouts.timeouts(),
        sessions,
        idle_sessions,
        idle_for: idle_for.duration(),
        mails_per_session,
        away_pause: away_pause.0,
        longest_pause: longest_pause.0,
    })
}

/// Editors and `echo` end a file with a line break that nobody means.
fn read_password(file: &Path) -> io::Result<Password> {
    Ok(Password::new(fs::read_to_string(file)?.trim_end_matches(['\r', '\n'])))
}

async fn keep_reaping(relays: Weak<Relays>) {
    loop {
        sleep(REAP_EVERY).await;
        let Some(relays) = relays.upgrade() else { return };
        relays.reap();
    }
}
