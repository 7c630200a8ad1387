#![doc = include_str!("../README.md")]
#![expect(clippy::print_stdout, reason = "the figures are this program's answer")]

mod audit;
mod bench;
mod claim_scale;
mod closing;
mod database;
mod delivery;
mod figure;
mod inbound;
mod intake;
mod latency;
mod organisation;
mod pgbench;
mod queue;
mod relay_settings;
mod spread;
mod start;

use bench::{Bench, Options};
use clap::Parser;
use hearback_testkit::database::DatabaseKind;
use mimalloc::MiMalloc;

/// The program's own: a limit is measured with what is measured against it.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Measures Hearback, and in the same run what the machine could do at best.
#[derive(Debug, Parser)]
#[command(name = "hearback-bench")]
struct Cli {
    /// intake, queue, claim-scale, delivery, latency, latency-under-bulk, start, audit, reconcile, closing or inbound
    bench: Bench,
    /// sqlite or postgres; PostgreSQL is started for the bench, from the installed programs
    #[arg(long, default_value_t = DatabaseKind::Sqlite)]
    db: DatabaseKind,
    /// Longer, or with more rows: the counts of the design
    #[arg(long)]
    long: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Cli { bench, db, long } = Cli::parse();
    println!("{bench}: {} · {db}", bench.title());
    let figure = bench.run(&Options { db, long }).await?;
    figure.print(bench, db);
    Ok(())
}
