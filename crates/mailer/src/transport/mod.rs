//! Ways to hand a mail over. A transport says what happened; what becomes of the message is the ledger's rule.

pub mod capture;
#[cfg(test)]
mod conformance;
pub mod smtp;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hearback_domain::notification::Outcome;

use crate::Composed;

/// How much a transport takes now, the most first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Readiness {
    Everything,
    /// One mail, to see whether more can be taken.
    OneMail,
    /// Whatever is handed over before that is turned away, and is nobody's try.
    NothingBefore(DateTime<Utc>),
}

/// Takes mails over, many at once. Every implementation passes the suite in `conformance.rs`.
#[async_trait]
pub trait Transport: Send + Sync + 'static {
    /// For logs and records.
    fn name(&self) -> &str;

    /// Asked before mails are claimed for it, so that those that would only be turned away stay where they are.
    fn readiness(&self) -> Readiness {
        Readiness::Everything
    }

    /// One try to hand one mail over. The caller bounds how many run at once.
    ///
    /// May be dropped at any point; what was being sent then counts as `MaybeSent`.
    async fn hand_over(&self, mail: &Composed) -> Outcome;
}
