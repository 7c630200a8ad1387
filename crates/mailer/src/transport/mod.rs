//! Ways to hand a mail over. A transport says what happened; what becomes of the message is the ledger's rule.

pub mod capture;
#[cfg(test)]
mod conformance;
mod domain_slots;
pub mod smtp;

use async_trait::async_trait;
use hearback_domain::notification::Outcome;

use crate::Composed;

pub use domain_slots::{DomainSlots, Permit};

/// Takes mails over, many at once. Every implementation passes the suite in `conformance.rs`.
#[async_trait]
pub trait Transport: Send + Sync + 'static {
    /// For logs and records.
    fn name(&self) -> &str;

    /// One try to hand one mail over. The caller bounds how many run at once.
    ///
    /// May be dropped at any point; what was being sent then counts as `MaybeSent`.
    async fn hand_over(&self, mail: &Composed) -> Outcome;
}
