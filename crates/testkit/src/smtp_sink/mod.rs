//! A relay that takes mail for nobody: it does what its script says and remembers what it accepted.

mod auth;
mod command;
mod manner;
mod message;
mod opening;
mod script;
mod session;
#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    net::TcpListener,
    sync::Notify,
    task::{JoinHandle, JoinSet},
    time::timeout,
};

pub use manner::{Manner, Mechanism, Security};
pub use message::{AcceptedMessage, Envelope, Keep};
pub use script::{Answer, Fault, Moment, Script, Stage};
use session::Session;

/// Listens on 127.0.0.1 until it is dropped; its connections end with it.
#[derive(Debug)]
pub struct SmtpSink {
    address: SocketAddr,
    shared: Arc<Shared>,
    listening: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    manner: Manner,
    script: RwLock<Script>,
    accepted: Mutex<Vec<AcceptedMessage>>,
    heard: Mutex<Vec<String>>,
    one_more: Notify,
    connections: AtomicU64,
    faults: AtomicU64,
}

#[derive(Debug, thiserror::Error)]
#[error("{accepted} messages were accepted in {within:?}, {wanted} were waited for")]
pub struct TooFew {
    pub accepted: usize,
    pub wanted: usize,
    pub within: Duration,
}

impl SmtpSink {
    /// On the calling runtime.
    pub async fn start(script: Script, keep: Keep) -> io::Result<Self> {
        Self::with_manner(script, Manner { keep, ..Manner::default() }).await
    }

    pub async fn with_manner(script: Script, manner: Manner) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let shared = Arc::new(Shared {
            manner,
            script: RwLock::new(script),
            accepted: Mutex::default(),
            heard: Mutex::default(),
            one_more: Notify::new(),
            connections: AtomicU64::new(0),
            faults: AtomicU64::new(0),
        });
        Ok(Self { address: listener.local_addr()?, listening: tokio::spawn(listen(listener, shared.clone())), shared })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From the next answer on, open connections included.
    pub fn set_script(&self, script: Script) {
        *self.shared.script.write().unwrap_or_else(PoisonError::into_inner) = script;
    }

    /// In the order of acceptance.
    pub fn accepted(&self) -> Vec<AcceptedMessage> {
        self.shared.accepted().clone()
    }

    pub fn accepted_count(&self) -> usize {
        self.shared.accepted().len()
    }

    /// The commands as they came, content and credentials aside; none with [`Keep::Identity`].
    pub fn heard(&self) -> Vec<String> {
        self.shared.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How often each Message-ID was accepted: anything above 1 is a duplicate.
    pub fn count_by_message_id(&self) -> HashMap<String, usize> {
        self.shared.accepted().iter().fold(HashMap::new(), |mut counts, message| {
            *counts.entry(message.message_id.clone()).or_default() += 1;
            counts
        })
    }

    /// Answers other than a plain acceptance, so far.
    pub fn faults(&self) -> u64 {
        self.shared.faults.load(Ordering::Relaxed)
    }

    pub fn connections(&self) -> u64 {
        self.shared.connections.load(Ordering::Relaxed)
    }

    /// Until `wanted` messages were accepted, duplicates counted.
    pub async fn wait_for(&self, wanted: usize, within: Duration) -> Result<(), TooFew> {
        let enough = async {
            loop {
                // Registered before the count is read: a message in between is not missed.
                let one_more = self.shared.one_more.notified();
                if self.accepted_count() >= wanted {
                    return;
                }
                one_more.await;
            }
        };
        timeout(within, enough).await.map_err(|_| TooFew { accepted: self.accepted_count(), wanted, within })
    }
}

impl SmtpSink {
    /// As a relay that is taken away: when this returns, nobody listens and every connection is broken. What was accepted is still told.
    pub async fn stop(&mut self) {
        self.listening.abort();
        // The sessions are owned by that task: with it, they are gone.
        let _aborted = (&mut self.listening).await;
    }
}

impl Drop for SmtpSink {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Shared {
    fn decide(&self, moment: &Moment<'_>) -> Answer {
        // Cloned, so that a slow script holds up only its own connection.
        let script = self.script.read().unwrap_or_else(PoisonError::into_inner).clone();
        let answer = script.decide(moment);
        if answer != Answer::Accept {
            self.faults.fetch_add(1, Ordering::Relaxed);
        }
        answer
    }

    fn hears(&self, command: &[u8]) {
        if self.manner.keep == Keep::Everything {
            self.heard.lock().unwrap_or_else(PoisonError::into_inner).push(String::from_utf8_lossy(command).into_owned());
        }
    }

    fn record(&self, message: AcceptedMessage) {
        self.accepted().push(message);
        self.one_more.notify_waiters();
    }

    fn accepted(&self) -> MutexGuard<'_, Vec<AcceptedMessage>> {
        self.accepted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn listen(listener: TcpListener, shared: Arc<Shared>) {
    let mut sessions = JoinSet::new();
    loop {
        // Out of file descriptors: the next finished session gives one back.
        let Ok((stream, _)) = listener.accept().await else {
            sessions.join_next().await;
            continue;
        };
        while sessions.try_join_next().is_some() {}
        let number = shared.connections.fetch_add(1, Ordering::Relaxed);
        // Nagle's algorithm and delayed ACKs together would cost 40 ms a message.
        if stream.set_nodelay(true).is_ok() {
            sessions.spawn(Session::new(stream, number, shared.clone()).serve());
        }
    }
}
