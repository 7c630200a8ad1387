//! Mail over real sockets.
#![expect(clippy::unwrap_used, reason = "the helpers are tests as well")]

mod client;
mod dialogue;
mod fuzz;
mod intake;
mod limits;
mod postfix;
mod smuggling;
mod stopping;
mod unix;

use std::time::Duration;

use tokio::{sync::oneshot, task::JoinHandle, time::timeout};

use client::Client;
use hearback_inbound::lmtp::{Limits, Listener, Server};
use intake::Fake;

/// Longer than any machine takes, so that only what never happens fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// A listener with its intake. Dropped, it is killed.
struct Rig {
    intake: Fake,
    server: Server<Fake>,
    address: String,
    stop: Option<oneshot::Sender<()>>,
    running: JoinHandle<()>,
}

impl Rig {
    async fn up() -> Self {
        Self::with(|_| ()).await
    }

    async fn with(change: impl FnOnce(&mut Limits)) -> Self {
        Self::at("127.0.0.1:0", change).await
    }

    async fn at(address: &str, change: impl FnOnce(&mut Limits)) -> Self {
        let mut limits = Limits::default();
        change(&mut limits);
        let intake = Fake::default();
        let server = Server::new("jobs.example", limits, intake.clone()).unwrap();
        let listener = Listener::bind(&address.parse().unwrap(), server.clone()).await.unwrap();
        let address = listener.address().to_string();
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(listener.run(async {
            let _told = stopped.await;
        }));
        Self { intake, server, address, stop: Some(stop), running }
    }

    /// A connection that was greeted.
    async fn client(&self) -> Client {
        let mut client = Client::connect(&self.address).await;
        assert_eq!(client.reply().await, "220 jobs.example LMTP");
        client
    }

    /// One that has said LHLO as well.
    async fn introduced(&self) -> Client {
        let mut client = self.client().await;
        client.asks("LHLO mx.example", "250").await;
        client
    }

    fn stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    async fn ended(&mut self) {
        timeout(PATIENCE, &mut self.running).await.expect("the listener ends").unwrap();
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.running.abort();
    }
}
