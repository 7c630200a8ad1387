//! The LMTP listener, with the ledger behind it.
//!
//! Part of `serve`, and never of `work`: there may be any number of workers on a machine, all with the same settings, and one address.

use anyhow::Context;
use hearback_domain::reply_token::ReplyClaim;
use hearback_inbound::lmtp::{Address, Intake, Limits, Listener, Received, Server, StoreError, Stored, Verdict};
use hearback_ledger::Ledger;
use tokio::{sync::oneshot, task::JoinHandle};

use crate::config::Config;

/// A listener that runs.
pub(crate) struct Receiving {
    address: Address,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// Where mail goes: on record, before anybody hears 250.
#[derive(Debug)]
struct ToLedger(Ledger);

impl Receiving {
    /// If it is configured.
    pub(crate) async fn start(config: &Config, ledger: Ledger) -> anyhow::Result<Option<Self>> {
        let Some(listen) = &config.inbound.listen else { return Ok(None) };
        let server = Server::new("hearback", Limits::default(), ToLedger(ledger)).context("inbound.listen")?;
        let listener = Listener::bind(&listen.0, server).await.with_context(|| {
            format!("inbound.listen: is another `hearback serve` of this machine at {0}? Give this one another address, or none: it is enough that \
                     one listens; `hearback work` never does", listen.0)
        })?;
        let address = listener.address().clone();
        tracing::info!(%address, "LMTP ready");
        let (stop, stopped) = oneshot::channel();
        // A sender that is dropped asks to stop as well.
        let task = tokio::spawn(listener.run(async move { drop(stopped.await) }));
        Ok(Some(Self { address, stop, task }))
    }

    pub(crate) const fn address(&self) -> &Address {
        &self.address
    }

    /// Returns when mails in flight are stored.
    pub(crate) async fn stop(self) {
        let Self { address: _, stop, task } = self;
        // One that has already ended cannot hear it.
        let _ = stop.send(());
        if let Err(error) = task.await {
            tracing::error!(%error, "the LMTP listener did not end well");
        }
    }
}

impl Intake for ToLedger {
    async fn accept_recipient(&self, _from: &str, recipient: &str) -> Verdict {
        let mut asked = None;
        let verdict = Verdict::of(recipient, |claim: &ReplyClaim| {
            asked = Some(*claim);
            true
        });
        match asked {
            None => verdict,
            Some(claim) => match self.0.is_our_address(&claim).await {
                Ok(true) => Verdict::Accept,
                Ok(false) => Verdict::BadToken,
                Err(error) => {
                    tracing::warn!(%error, "it cannot be said now whether an address is ours");
                    Verdict::Later
                }
            },
        }
    }

    async fn store(&self, received: Received) -> Result<Stored, StoreError> {
        let Received { from, recipients, raw } = received;
        let ids = self.0.keep_inbound_mail(&from, &recipients, raw).await.map_err(StoreError::new)?;
        Ok(Stored::for_all(ids.first().map(ToString::to_string).unwrap_or_default().replace('_', "-")))
    }
}
