//! Hands mails to a relay over SMTP (RFC 5321), on sessions that always know how far they got.

mod classify;
mod pool;
mod relay;
mod reply;
mod session;
#[cfg(test)]
pub(crate) mod sink;
mod stream;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use hearback_domain::{clock::Clock, notification::Outcome};
use lettre::Address;

pub use relay::{Relay, Timeouts};

use self::{
    classify::{Ending, Stage, classify},
    pool::Pool,
    session::{Parcel, Session},
};
use super::Transport;
use crate::Composed;

/// One relay and the sessions kept with it.
pub struct Smtp {
    relay: Relay,
    pool: Pool,
    clock: Arc<dyn Clock>,
}

impl Smtp {
    pub fn new(relay: Relay, clock: Arc<dyn Clock>) -> Self {
        let pool = Pool::new(relay.idle_sessions, relay.idle_for);
        Self { relay, pool, clock }
    }

    /// Says goodbye on the sessions that are idle: for a shutdown in order.
    pub async fn close(&self) {
        for session in self.pool.drain() {
            session.quit().await;
        }
    }

    /// How far the parcel got, and what the relay said there. At most one session is given the message's data.
    async fn deliver(&self, parcel: &Parcel<'_>) -> (Stage, Ending) {
        if let Some(session) = self.pool.take() {
            let (stage, ending) = self.deliver_on(session, parcel).await;
            if !is_stale(stage, &ending) {
                return (stage, ending);
            }
            tracing::debug!(relay = %self.relay.host, ?ending, "pooled session was stale");
        }
        match Session::open(&self.relay).await {
            Ok(session) => self.deliver_on(session, parcel).await,
            Err(ending) => (Stage::Connect, ending),
        }
    }

    /// The session comes back to the pool if the relay left no doubt about its state, and is dropped in any other case,
    /// this future being dropped included.
    async fn deliver_on(&self, mut session: Session, parcel: &Parcel<'_>) -> (Stage, Ending) {
        let (stage, ending) = session.deliver(parcel).await;
        if session.is_clean_after(stage, &ending).await {
            self.pool.put(session);
        }
        (stage, ending)
    }
}

/// Relays close sessions that were idle, with or without a word (RFC 5321, section 3.8); it shows at the next MAIL.
fn is_stale(stage: Stage, ending: &Ending) -> bool {
    matches!(stage, Stage::Mail)
        && match ending {
            Ending::Reply(reply) => reply.code == 421,
            Ending::Lost(_) | Ending::TimedOut => true,
            Ending::Unsupported(_) => false,
        }
}

#[async_trait]
impl Transport for Smtp {
    fn name(&self) -> &str {
        "smtp"
    }

    async fn hand_over(&self, mail: &Composed) -> Outcome {
        let address = |address: &hearback_domain::EmailAddress| Address::new(address.local_part(), address.domain());
        let (Ok(from), Ok(to)) = (address(&mail.envelope_from), address(&mail.to)) else {
            return Outcome::Hold { reason: "an address of the envelope cannot be written in SMTP".to_owned() };
        };
        let (stage, ending) = self.deliver(&Parcel { from, to, raw: &mail.raw }).await;
        classify(stage, &ending, self.clock.now() + self.relay.away_pause)
    }
}

impl std::fmt::Debug for Smtp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Smtp").field("relay", &self.relay).finish_non_exhaustive()
    }
}
