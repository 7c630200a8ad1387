#![doc = include_str!("../README.md")]

mod backend;
mod buffer;
mod bulk;
mod capture;
mod claims;
mod delivery;
mod domains;
mod held;
mod inbound;
mod incoming;
mod letter;
mod one_by_one;
mod periodic;
mod probe;
mod reach;
mod staff;
#[cfg(test)]
mod tests;
mod webhooks;

use std::{
    future::Future,
    sync::{Arc, Weak},
    time::Duration,
};

use apalis::{
    layers::WorkerBuilderExt,
    prelude::{Monitor, ParallelizeExt, WorkerBuilder},
};
use hearback_ledger::Ledger;
use hearback_mailer::{Composer, transport::Transport};
use tokio::sync::watch;

pub use capture::LedgerCapture;
pub use inbound::take_next_mail;
pub use probe::send_probe_mail;
pub use reach::Reach;

use self::{
    backend::LedgerBackend,
    buffer::Buffer,
    bulk::Bulk,
    claims::Claims,
    delivery::Delivery,
    domains::Domains,
    held::Held,
    inbound::Inbound,
    incoming::Incoming,
    one_by_one::{OneByOne, Work},
    periodic::Rounds,
    probe::Probes,
    staff::Staff,
    webhooks::Webhooks,
};

/// How many messages may wait to be written down while others are sent already, for each that is sent at once. With those they are what a
/// kill leaves in doubt.
pub const UNSETTLED_PER_SLOT: usize = 4;

/// What a worker works with.
pub struct Config {
    /// How many messages are sent at once.
    pub concurrency: usize,
    /// How many of them to one recipient domain; `None` is no bound, for mail that does not leave this machine.
    pub slots_per_domain: Option<usize>,
    /// What the links in mails begin with, without a slash at its end.
    pub public_url: String,
    pub reach: Reach,
    /// Takes the mails of real applications.
    pub live: Arc<dyn Transport>,
    /// Takes the mails of applications that came in by a test key.
    pub test: Arc<dyn Transport>,
    pub composer: Arc<Composer>,
}

/// The worker of one process.
pub struct Queue {
    ledger: Ledger,
    config: Config,
}

impl Queue {
    pub fn new(ledger: Ledger, config: Config) -> Self {
        Self { ledger, config }
    }

    /// Works until `shutdown` comes; then claims nothing more, gives back what nobody has begun, and returns when what was begun is settled.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send) {
        let Self { ledger, config } = self;
        let concurrency = config.concurrency.max(1);
        let (stop, stopping) = watch::channel(false);
        let (messages, rounds) = (Arc::new(Buffer::default()), Arc::new(Buffer::default()));
        let held = Arc::new(Held::new(2 * concurrency, UNSETTLED_PER_SLOT * concurrency));
        let (ready, parked) = (Arc::clone(&messages), 4 * concurrency);
        let domains = Arc::new(Domains::new(ledger.clone(), Arc::clone(&held), ready, config.slots_per_domain, parked));
        let (live, reach) = (Arc::clone(&config.live), config.reach.clone());
        let claims = Claims::new(ledger.clone(), Arc::clone(&held), domains, live, reach, concurrency);
        let coming_round = Rounds::new(ledger.clone(), Arc::clone(&rounds));
        let claiming = tokio::spawn(kept_up("claims", stopping.clone(), move |stopping| claims.clone().run(stopping)));
        let claiming_rounds = {
            let coming_round = coming_round.clone();
            tokio::spawn(kept_up("rounds", stopping.clone(), move |stopping| coming_round.clone().run(stopping)))
        };
        let (renewed_in, renewed) = (ledger.clone(), Arc::downgrade(&held));
        let unsettled = Arc::clone(&held);
        let (stopping_staff, stopping_bulk, stopping_webhooks) = (stopping.clone(), stopping.clone(), stopping.clone());
        let stopping_probes = stopping.clone();
        let came_in = Arc::new(Buffer::default());
        let inbound = Inbound::new(ledger.clone(), stopping.clone());
        let claiming_mail = {
            let incoming = Incoming::new(ledger.clone(), Arc::clone(&came_in));
            tokio::spawn(kept_up("inbound", stopping.clone(), move |stopping| incoming.clone().run(stopping)))
        };
        tokio::spawn(kept_up("renewals", stopping, move |_| held::keep_renewing(renewed_in.clone(), Weak::clone(&renewed))));
        let staff = OneByOne::new(Staff::new(ledger.clone(), &config));
        let claiming_staff = {
            let staff = staff.clone();
            tokio::spawn(kept_up("staff", stopping_staff, move |stopping| staff.clone().run(stopping)))
        };
        let webhooks = OneByOne::new(Webhooks::new(ledger.clone()));
        let claiming_webhooks = {
            let webhooks = webhooks.clone();
            tokio::spawn(kept_up("webhooks", stopping_webhooks, move |stopping| webhooks.clone().run(stopping)))
        };
        let begun = Arc::new(Buffer::default());
        let bulk = Bulk::new(ledger.clone(), Arc::clone(&begun), stopping_bulk.clone());
        let claiming_bulk = {
            let bulk = bulk.clone();
            tokio::spawn(kept_up("bulk", stopping_bulk, move |stopping| bulk.clone().run(stopping)))
        };
        let probing = {
            let probes = Probes::new(ledger.clone(), &config);
            tokio::spawn(kept_up("reply probes", stopping_probes, move |stopping| probes.clone().run(stopping)))
        };
        let delivery = Arc::new(Delivery::new(ledger, config));

        // One line for each job there is.
        let monitor = Monitor::new()
            .register(move |_restarts| {
                let backend = LedgerBackend::new(Arc::clone(&messages));
                let worker = WorkerBuilder::new("delivery").backend(backend).data(Arc::clone(&delivery));
                worker.enable_tracing().catch_panic().parallelize(tokio::spawn).concurrency(concurrency).build(delivery::deliver)
            })
            .register(move |_restarts| {
                let backend = LedgerBackend::new(Arc::clone(&rounds));
                let worker = WorkerBuilder::new("periodic").backend(backend).data(coming_round.clone());
                worker.enable_tracing().catch_panic().parallelize(tokio::spawn).concurrency(1).build(periodic::come_round)
            })
            .register(move |_restarts| {
                let backend = LedgerBackend::new(staff.claimed());
                let worker = WorkerBuilder::new("staff").backend(backend).data(staff.clone());
                worker.enable_tracing().catch_panic().parallelize(tokio::spawn).concurrency(Staff::SLOTS).build(one_by_one::work::<Staff>)
            })
            .register(move |_restarts| {
                let backend = LedgerBackend::new(webhooks.claimed());
                let worker = WorkerBuilder::new("webhooks").backend(backend).data(webhooks.clone());
                let worker = worker.enable_tracing().catch_panic().parallelize(tokio::spawn);
                worker.concurrency(Webhooks::SLOTS).build(one_by_one::work::<Webhooks>)
            })
            .register(move |_restarts| {
                let backend = LedgerBackend::new(Arc::clone(&begun));
                let worker = WorkerBuilder::new("bulk").backend(backend).data(bulk.clone());
                worker.enable_tracing().catch_panic().parallelize(tokio::spawn).concurrency(bulk::SLOTS).build(bulk::carry_out)
            })
            .register(move |_restarts| {
                let backend = LedgerBackend::new(Arc::clone(&came_in));
                let worker = WorkerBuilder::new("inbound").backend(backend).data(inbound.clone());
                worker.enable_tracing().catch_panic().parallelize(tokio::spawn).concurrency(incoming::SLOTS).build(inbound::understand)
            })
            .should_restart(|worker, error| {
                tracing::error!(worker = worker.name(), %error, "a worker ended and is started again");
                true
            });
        let stopped = async {
            shutdown.await;
            // Nothing is lost if everybody who listens has ended already.
            let _ = stop.send(true);
            // They only end in order: what goes wrong in them is said there.
            let _ = tokio::join!(claiming, claiming_rounds, claiming_staff, claiming_bulk, claiming_webhooks, claiming_mail, probing);
            Ok(())
        };
        if let Err(error) = monitor.run_with_signal(stopped).await {
            tracing::error!(%error, "the workers did not end well");
        }
        unsettled.all_settled().await;
    }
}

/// Runs until it ends in order. Whatever panics in there is begun again: without it, this worker would be one that does nothing.
async fn kept_up<F, W>(what: &'static str, stopping: watch::Receiver<bool>, run: F)
where
    F: Fn(watch::Receiver<bool>) -> W,
    W: Future<Output = ()> + Send + 'static,
{
    const PAUSE: Duration = Duration::from_secs(1);
    while let Err(error) = tokio::spawn(run(stopping.clone())).await {
        tracing::error!(what, %error, "a part of the worker ended and is started again");
        tokio::time::sleep(PAUSE).await;
    }
}
