//! Which drills there are.

use std::{fmt, str::FromStr, time::Duration};

use anyhow::ensure;
use hearback_testkit::database::DatabaseKind;

use crate::{
    drain, drill_01_kills, drill_02_slow_restarts, drill_03_rows_deleted, drill_04_postgres_crashes, drill_05_broken_connections,
    drill_06_cut_before_the_dot, drill_07_cut_after_the_dot, drill_08_silent_domain, drill_09_cancelled_sends, drill_10_outages,
    drill_11_greylisted, drill_12_slow_relay, drill_13_wrong_clocks, drill_14_poison, drill_15_rolling_restarts, drill_16_full_or_busy,
    drill_17_inbound_again, drill_19_undo_races, drill_bulk, drill_webhooks, idempotency, outcome::Outcome, silence,
};

/// How long what is owed may take until it is delivered, once nothing is broken any more.
pub(crate) const TO_REST: Duration = Duration::from_secs(60);

/// How a drill is to be run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    pub(crate) db: DatabaseKind,
    pub(crate) long: bool,
    pub(crate) seed: u64,
}

impl Options {
    pub(crate) fn count(&self, short: usize, long: usize) -> usize {
        if self.long { long } else { short }
    }
}

/// By its number in the design, except for those that it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Drill {
    Kills,
    SlowRestarts,
    RowsDeleted,
    PostgresCrashes,
    BrokenConnections,
    CutBeforeTheDot,
    CutAfterTheDot,
    SilentDomain,
    CancelledSends,
    Outages,
    Greylisted,
    SlowRelay,
    WrongClocks,
    Poison,
    RollingRestarts,
    FullOrBusy,
    InboundAgain,
    FiveDays,
    UndoRaces,
    Idempotency,
    Silence,
    Drain,
    Webhooks,
    Bulk,
}

impl Drill {
    const ALL: &'static [Self] = &[
        Self::Kills,
        Self::SlowRestarts,
        Self::RowsDeleted,
        Self::PostgresCrashes,
        Self::BrokenConnections,
        Self::CutBeforeTheDot,
        Self::CutAfterTheDot,
        Self::SilentDomain,
        Self::CancelledSends,
        Self::Outages,
        Self::Greylisted,
        Self::SlowRelay,
        Self::WrongClocks,
        Self::Poison,
        Self::RollingRestarts,
        Self::FullOrBusy,
        Self::InboundAgain,
        Self::FiveDays,
        Self::UndoRaces,
        Self::Idempotency,
        Self::Silence,
        Self::Drain,
        Self::Webhooks,
        Self::Bulk,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Kills => "1",
            Self::SlowRestarts => "2",
            Self::RowsDeleted => "3",
            Self::PostgresCrashes => "4",
            Self::BrokenConnections => "5",
            Self::CutBeforeTheDot => "6",
            Self::CutAfterTheDot => "7",
            Self::SilentDomain => "8",
            Self::CancelledSends => "9",
            Self::Outages => "10",
            Self::Greylisted => "11",
            Self::SlowRelay => "12",
            Self::WrongClocks => "13",
            Self::Poison => "14",
            Self::RollingRestarts => "15",
            Self::FullOrBusy => "16",
            Self::InboundAgain => "17",
            Self::FiveDays => "18",
            Self::UndoRaces => "19",
            Self::Idempotency => "idempotency",
            Self::Silence => "silence",
            Self::Drain => "drain",
            Self::Webhooks => "webhooks",
            Self::Bulk => "bulk",
        }
    }

    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Kills => "random SIGKILLs under load",
            Self::SlowRestarts => "random SIGKILLs under load, each restart a second late",
            Self::RowsDeleted => "every unsent message's row deleted while mail goes out",
            Self::PostgresCrashes => "PostgreSQL stopped as if the power failed, under load",
            Self::BrokenConnections => "connections to PostgreSQL that hang, go half dead or break, under load",
            Self::CutBeforeTheDot => "connections cut before the final dot",
            Self::CutAfterTheDot => "connections cut after the relay took the message",
            Self::SilentDomain => "a recipient domain that is silent after the final dot",
            Self::CancelledSends => "sends given up after the final dot, each followed by one that is put off",
            Self::Outages => "outages of two hours, each of another kind",
            Self::Greylisted => "every message put off twice",
            Self::SlowRelay => "a relay that takes longer than a lease lasts",
            Self::WrongClocks => "workers whose clocks are ten minutes off",
            Self::Poison => "poisoned names and rows among good ones",
            Self::RollingRestarts => "rolling SIGTERMs under load",
            Self::FullOrBusy => "a database that cannot be written to for a while",
            Self::InboundAgain => "the same reports five times at once, and SIGKILLs while they come in",
            Self::FiveDays => "five days in which much is put off, refused, held or cut off",
            Self::UndoRaces => "rejections taken back while they are being sent",
            Self::Idempotency => "a hundred at once under each Idempotency-Key, and random SIGKILLs",
            Self::Silence => "months in which nobody decides",
            Self::Drain => "two workers and one API drain what is owed",
            Self::Webhooks => "random SIGKILLs while other programs are told",
            Self::Bulk => "random SIGKILLs while a job closes, many are rejected and others are imported",
        }
    }

    const fn needs_postgres(self) -> bool {
        match self {
            Self::PostgresCrashes | Self::BrokenConnections | Self::WrongClocks | Self::Drain => true,
            Self::Kills
            | Self::SlowRestarts
            | Self::RowsDeleted
            | Self::CutBeforeTheDot
            | Self::CutAfterTheDot
            | Self::SilentDomain
            | Self::CancelledSends
            | Self::Outages
            | Self::Greylisted
            | Self::SlowRelay
            | Self::Poison
            | Self::RollingRestarts
            | Self::FullOrBusy
            | Self::InboundAgain
            | Self::FiveDays
            | Self::UndoRaces
            | Self::Idempotency
            | Self::Silence
            | Self::Webhooks
            | Self::Bulk => false,
        }
    }

    pub(crate) async fn run(self, options: &Options) -> anyhow::Result<Outcome> {
        ensure!(!self.needs_postgres() || options.db == DatabaseKind::Postgres, "drill {self} is about PostgreSQL: add --db postgres");
        match self {
            Self::Kills => drill_01_kills::run(options, Duration::ZERO).await,
            Self::SlowRestarts => drill_02_slow_restarts::run(options).await,
            Self::RowsDeleted => drill_03_rows_deleted::run(options).await,
            Self::PostgresCrashes => drill_04_postgres_crashes::run(options).await,
            Self::BrokenConnections => drill_05_broken_connections::run(options).await,
            Self::CutBeforeTheDot => drill_06_cut_before_the_dot::run(options).await,
            Self::CutAfterTheDot => drill_07_cut_after_the_dot::run(options).await,
            Self::SilentDomain => drill_08_silent_domain::run(options).await,
            Self::CancelledSends => drill_09_cancelled_sends::run(options).await,
            Self::Outages => drill_10_outages::run(options).await,
            Self::Greylisted => drill_11_greylisted::run(options).await,
            Self::SlowRelay => drill_12_slow_relay::run(options).await,
            Self::WrongClocks => drill_13_wrong_clocks::run(options).await,
            Self::Poison => drill_14_poison::run(options).await,
            Self::RollingRestarts => drill_15_rolling_restarts::run(options).await,
            Self::FullOrBusy => drill_16_full_or_busy::run(options).await,
            Self::InboundAgain => drill_17_inbound_again::run(options).await,
            Self::FiveDays => silence::run_five_days(options).await,
            Self::UndoRaces => drill_19_undo_races::run(options).await,
            Self::Idempotency => idempotency::run(options).await,
            Self::Silence => silence::run(options).await,
            Self::Drain => drain::run(options).await,
            Self::Webhooks => drill_webhooks::run(options).await,
            Self::Bulk => drill_bulk::run(options).await,
        }
    }
}

impl FromStr for Drill {
    type Err = String;

    fn from_str(given: &str) -> Result<Self, String> {
        let names = || Self::ALL.iter().map(|drill| drill.name()).collect::<Vec<_>>().join(", ");
        Self::ALL
            .iter()
            .copied()
            .find(|drill| drill.name() == given)
            .ok_or_else(|| format!("there is no such drill; there are {}", names()))
    }
}

impl fmt::Display for Drill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
