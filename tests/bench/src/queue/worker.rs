//! The worker as the program runs it, in this process, with a relay that takes everything at once.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::ensure;
use async_trait::async_trait;
use hearback_domain::notification::Outcome;
use hearback_ledger::Ledger;
use hearback_mailer::{Composed, Composer, transport::Transport};
use hearback_queue::{Config, Queue, Reach};
use tokio::{sync::oneshot, time::sleep};

use crate::database::Session;

/// As many as one transaction settles: nothing here waits for a network, so more at once only makes the batches whole.
const CONCURRENCY: usize = 512;

const PATIENCE: Duration = Duration::from_secs(300);

#[derive(Default)]
struct TakesAll {
    taken: AtomicUsize,
}

#[async_trait]
impl Transport for TakesAll {
    fn name(&self) -> &str {
        "bench"
    }

    async fn hand_over(&self, mail: &Composed) -> Outcome {
        assert!(!mail.raw.is_empty(), "a mail has bytes");
        self.taken.fetch_add(1, Ordering::Relaxed);
        Outcome::Accepted { reply: "250 2.0.0 Ok: taken".to_owned() }
    }
}

/// Messages a second, from the worker's start until the last one is settled.
pub(super) async fn drain(ledger: &Ledger, session: &mut Session, messages: usize) -> anyhow::Result<f64> {
    let relay = Arc::new(TakesAll::default());
    let (live, test): (Arc<dyn Transport>, Arc<dyn Transport>) = (relay.clone(), relay.clone());
    let composer = Arc::new(Composer::new()?);
    let (public_url, reach) = ("https://jobs.example.com".to_owned(), Reach::default());
    let config = Config { concurrency: CONCURRENCY, slots_per_domain: None, public_url, reach, live, test, composer };
    let (stop, stopped) = oneshot::channel::<()>();
    let queue = Queue::new(ledger.clone(), config);
    let began = Instant::now();
    let working = tokio::spawn(queue.run(async move { drop(stopped.await) }));
    // Asked of the database only at the end: until then a look at it would be work beside the work.
    while relay.taken.load(Ordering::Relaxed) < messages {
        ensure!(began.elapsed() < PATIENCE, "only {} of {messages} were taken", relay.taken.load(Ordering::Relaxed));
        sleep(Duration::from_millis(1)).await;
    }
    while session.number("SELECT count(*) FROM notification WHERE state IN ('scheduled', 'sending')").await? > 0 {
        ensure!(began.elapsed() < PATIENCE, "not all that was taken was settled");
    }
    let took = began.elapsed();
    drop(stop);
    working.await?;
    let taken = relay.taken.load(Ordering::Relaxed);
    ensure!(taken == messages, "{messages} were owed, and {taken} were handed over");
    Ok(messages as f64 / took.as_secs_f64())
}
