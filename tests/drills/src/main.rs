#![doc = include_str!("../README.md")]
#![expect(clippy::print_stdout, reason = "the account is this program's answer")]

mod account;
mod drain;
mod drill;
mod drill_01_kills;
mod drill_02_slow_restarts;
mod drill_03_rows_deleted;
mod drill_04_postgres_crashes;
mod drill_05_broken_connections;
mod drill_06_cut_before_the_dot;
mod drill_07_cut_after_the_dot;
mod drill_08_silent_domain;
mod drill_09_cancelled_sends;
mod drill_10_outages;
mod drill_11_greylisted;
mod drill_12_slow_relay;
mod drill_13_wrong_clocks;
mod drill_14_poison;
mod drill_15_rolling_restarts;
mod drill_16_full_or_busy;
mod drill_17_inbound_again;
mod drill_19_undo_races;
mod drill_bulk;
mod drill_webhooks;
mod fast;
mod idempotency;
mod load;
mod organisation;
mod outcome;
mod processes;
mod report;
mod silence;
mod tables;

use std::{process::ExitCode, time::Instant};

use clap::Parser;
use drill::{Drill, Options};
use hearback_testkit::database::DatabaseKind;

/// Breaks Hearback on purpose, and accounts for every applicant afterwards. Exit code 1 if one was lost.
#[derive(Debug, Parser)]
#[command(name = "hearback-drills")]
struct Cli {
    /// 1 to 19, idempotency, silence, drain, webhooks or bulk
    drill: Drill,
    /// sqlite or postgres; PostgreSQL is started for the drill unless HEARBACK_TEST_POSTGRES_URL names one
    #[arg(long, default_value_t = DatabaseKind::Sqlite)]
    db: DatabaseKind,
    /// The full counts of the design instead of some seconds
    #[arg(long)]
    long: bool,
    /// Chooses the moments and the victims
    #[arg(long, default_value_t = 20_261_123)]
    seed: u64,
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let Cli { drill, db, long, seed } = Cli::parse();
    println!("drill {drill}: {} · {db} · seed {seed}", drill.title());
    let began = Instant::now();
    let outcome = drill.run(&Options { db, long, seed }).await?;
    outcome.print(drill, db, began.elapsed());
    Ok(if outcome.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
