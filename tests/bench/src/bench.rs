//! Which benches there are.

use std::{fmt, str::FromStr};

use hearback_testkit::database::DatabaseKind;

use crate::{audit, claim_scale, closing, delivery, figure::Figure, intake, latency, queue, start};

/// How a bench is to be run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    pub(crate) db: DatabaseKind,
    pub(crate) long: bool,
}

impl Options {
    pub(crate) fn count<T>(&self, short: T, long: T) -> T {
        if self.long { long } else { short }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bench {
    Intake,
    Queue,
    ClaimScale,
    Delivery,
    Latency,
    LatencyUnderBulk,
    Start,
    Audit,
    Reconcile,
    Closing,
}

impl Bench {
    const ALL: &'static [Self] = &[
        Self::Intake,
        Self::Queue,
        Self::ClaimScale,
        Self::Delivery,
        Self::Latency,
        Self::LatencyUnderBulk,
        Self::Start,
        Self::Audit,
        Self::Reconcile,
        Self::Closing,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Intake => "intake",
            Self::Queue => "queue",
            Self::ClaimScale => "claim-scale",
            Self::Delivery => "delivery",
            Self::Latency => "latency",
            Self::LatencyUnderBulk => "latency-under-bulk",
            Self::Start => "start",
            Self::Audit => "audit",
            Self::Reconcile => "reconcile",
            Self::Closing => "closing",
        }
    }

    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Intake => "applications taken and on disk, over HTTP",
            Self::Queue => "messages claimed and settled, without a network",
            Self::ClaimScale => "a claim with many settled rows behind it",
            Self::Delivery => "messages owed, composed, taken by a relay, and settled",
            Self::Latency => "from an application's answer to its acknowledgement",
            Self::LatencyUnderBulk => "the same while many rejections drain",
            Self::Start => "the program's start and its memory at rest",
            Self::Audit => "everything on record audited, and reconciled while nothing happens",
            Self::Reconcile => "every unsent message lost, and derived again from the records",
            Self::Closing => "a job with many applicants closes while others apply for another",
        }
    }

    pub(crate) async fn run(self, options: &Options) -> anyhow::Result<Figure> {
        match self {
            Self::Intake => intake::run(options).await,
            Self::Queue => queue::run(options).await,
            Self::ClaimScale => claim_scale::run(options).await,
            Self::Delivery => delivery::run(options).await,
            Self::Latency => latency::run(options).await,
            Self::LatencyUnderBulk => latency::run_under_bulk(options).await,
            Self::Start => start::run(options).await,
            Self::Audit => audit::run(options).await,
            Self::Reconcile => audit::run_repair(options).await,
            Self::Closing => closing::run(options).await,
        }
    }
}

impl FromStr for Bench {
    type Err = String;

    fn from_str(given: &str) -> Result<Self, String> {
        let names = || Self::ALL.iter().map(|bench| bench.name()).collect::<Vec<_>>().join(", ");
        Self::ALL
            .iter()
            .copied()
            .find(|bench| bench.name() == given)
            .ok_or_else(|| format!("there is no such bench; there are {}", names()))
    }
}

impl fmt::Display for Bench {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
