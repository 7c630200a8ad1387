//! Hands mails to relays over SMTP (RFC 5321), on sessions that always know how far they got.

mod breaker;
mod classify;
mod history;
mod member;
mod opening;
mod pool;
mod probe;
mod relay;
mod reply;
mod session;
mod stream;
#[cfg(test)]
mod tests;
mod tls;

use std::sync::Arc;

use async_trait::async_trait;
use hearback_domain::{clock::Clock, notification::Outcome};

pub use breaker::{BreakerState, Cause, Trouble};
pub use member::RelayHealth;
pub use probe::{ProbeError, Probed, probe};
pub use relay::{Login, Password, Relay, Roots, Security, Timeouts};
pub use tls::InvalidRelay;

use self::{
    breaker::NotBefore,
    member::{Attempt, Member},
    session::Parcel,
};
use super::{Readiness, Transport};
use crate::Composed;

/// An ordered list of relays: the first that takes mail is used. One that is away, or refuses us, is left alone for a while, and a try
/// that it turned away before it had the content goes to the next.
pub struct Relays {
    members: Vec<Member>,
    clock: Arc<dyn Clock>,
}

impl Relays {
    /// # Errors
    /// The settings cannot work: this is for the start of the program, and opens no connection.
    pub fn new(relays: Vec<Relay>, clock: Arc<dyn Clock>) -> Result<Self, InvalidRelay> {
        if relays.is_empty() {
            return Err(InvalidRelay::None);
        }
        let members = relays.into_iter().map(|relay| Member::new(relay, Arc::clone(&clock))).collect::<Result<_, _>>()?;
        Ok(Self { members, clock })
    }

    /// In the order they are asked.
    pub fn health(&self) -> Vec<RelayHealth> {
        self.members.iter().map(Member::health).collect()
    }

    /// Closes sessions that have been idle for too long. Nothing here runs on its own: call it from time to time, so that an hour
    /// without mail leaves no connections behind.
    pub fn reap(&self) {
        self.members.iter().for_each(Member::reap);
    }

    /// Says goodbye on the sessions that are idle: for a shutdown in order.
    pub async fn close(&self) {
        for member in &self.members {
            member.close().await;
        }
    }

    /// No relay took the mail; `refusals` are those that were asked, the first in the list.
    fn nobody(&self, refusals: Vec<NotBefore>) -> Outcome {
        let now = self.clock.now();
        let unasked = self.members[refusals.len()..].iter().map(|member| member.next_chance(now));
        let resume_at = refusals.iter().map(|refusal| refusal.until).chain(unasked).min().unwrap_or(now);
        let ours = refusals.iter().any(|refusal| refusal.trouble.cause == Cause::Configuration);
        let reason = refusals.into_iter().map(|refusal| refusal.trouble.reason).collect::<Vec<_>>().join("; ");
        if ours { Outcome::Configuration { reason, resume_at } } else { Outcome::RelayDown { reason, resume_at } }
    }
}

#[async_trait]
impl Transport for Relays {
    fn name(&self) -> &str {
        "smtp"
    }

    /// As much as the readiest relay takes.
    fn readiness(&self) -> Readiness {
        let now = self.clock.now();
        self.members.iter().map(|member| member.readiness(now)).min().expect("the list is never empty")
    }

    async fn hand_over(&self, mail: &Composed) -> Outcome {
        let parcel = match Parcel::from(mail) {
            Ok(parcel) => parcel,
            Err(unsendable) => return Outcome::Hold { reason: unsendable.to_string() },
        };
        let mut refusals = Vec::new();
        for member in &self.members {
            match member.attempt(&parcel).await {
                Attempt::Settled(outcome) => return outcome,
                Attempt::NotTaken(refusal) => refusals.push(refusal),
                Attempt::TurnedAway(refusal) => {
                    refusals.push(refusal);
                    break;
                }
            }
        }
        self.nobody(refusals)
    }
}

impl std::fmt::Debug for Relays {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.health()).finish()
    }
}
