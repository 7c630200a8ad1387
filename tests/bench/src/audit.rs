//! How long it takes to look at everything on record, and what the ledger's own rounds cost while nothing happens.
//!
//! PostgreSQL runs without waiting for the disk: an audit writes nothing.

pub(crate) mod fill;

use std::time::{Duration, Instant};

use anyhow::ensure;
use hearback_ledger::{Ledger, Periodic};
use hearback_testkit::{database::DatabaseKind, postgres};

use crate::{
    bench::Options,
    database::{Server, Session},
    figure::{Figure, row},
    organisation,
    spread::Spread,
};

const AUDITS: usize = 3;

/// Of the ledger's own rounds.
const TICKS: usize = 20;

pub(crate) async fn run(options: &Options) -> anyhow::Result<Figure> {
    let applications = options.count(100_000, 1_000_000);
    let server = Server::start(options.db, roomy())?;
    let database = server.create("audited")?;
    let ledger = database.open().await?;
    let job = organisation::job(&ledger).await?;
    let mut session = database.connect().await?;
    let began = Instant::now();
    fill::settled(&mut session, job, applications).await?;
    println!("  {applications} applications, made in {:.0} s", began.elapsed().as_secs_f64());

    let limit = limit(&mut session).await?;
    row("every row of applications, messages and events read once, bare", &format!("{:>9.2} s", limit.as_secs_f64()));
    let mut times = Vec::new();
    for _ in 0..AUDITS {
        let began = Instant::now();
        let findings = ledger.audit().await?;
        times.push(began.elapsed());
        ensure!(findings.is_empty(), "{} findings, the first: {:?}", findings.len(), findings[0]);
    }
    let audit = Spread::of(times);
    row(&format!("the audit, {AUDITS} times"), &audit.to_string());
    let [tick, sweep] = rounds(&ledger).await?;
    row("a tick of reconcile while nothing happens", &tick.to_string());
    row("a part of its sweep", &sweep.to_string());
    row("the slowest of these", &format!("{:>9.2} ms", sweep.p99().max(tick.p99()).as_secs_f64() * 1e3));
    Ok(Figure { figure: audit.p50().as_secs_f64(), unit: "s", limit: Some(limit.as_secs_f64()), spread: Some(tick), rss_mb: None })
}

/// Room for a million applications without a checkpoint every few seconds; everything else as it comes.
fn roomy() -> postgres::Options {
    let mut options = postgres::Options::fast();
    let more = [("shared_buffers", "1GB"), ("max_wal_size", "8GB"), ("maintenance_work_mem", "512MB")];
    options.settings.extend(more.map(|(name, value)| (name.to_owned(), value.to_owned())));
    options
}

/// What nobody who looks at every row can be faster than. The conditions keep an index from answering.
async fn limit(session: &mut Session) -> anyhow::Result<Duration> {
    let began = Instant::now();
    for query in [
        "SELECT count(*) FROM application WHERE status <> shown_status || 'x'",
        "SELECT count(*) FROM notification WHERE state <> kind",
        "SELECT count(*) FROM event WHERE kind <> actor_kind",
    ] {
        ensure!(session.number(query).await? > 0, "{query} found nothing");
    }
    Ok(began.elapsed())
}

/// The ticks, and the parts of the sweep.
async fn rounds(ledger: &Ledger) -> anyhow::Result<[Spread; 2]> {
    let (mut ticks, mut parts) = (Vec::new(), Vec::new());
    let patience = Instant::now() + Duration::from_secs(120);
    while ticks.len() < 2 || parts.len() < TICKS {
        ensure!(Instant::now() < patience, "the rounds do not come round");
        for due in ledger.claim_periodic().await? {
            let (what, began) = (due.what, Instant::now());
            ledger.run_periodic(due).await?;
            match what {
                Periodic::Reconcile => ticks.push(began.elapsed()),
                Periodic::Sweep => parts.push(began.elapsed()),
                Periodic::NextWord
                | Periodic::Decisions
                | Periodic::TellStaff
                | Periodic::Digest
                | Periodic::Rederive
                | Periodic::Webhooks
                | Periodic::ForgetKeys
                | Periodic::ReplyProbe
                | Periodic::Erase
                | Periodic::Retain => {}
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok([Spread::of(ticks), Spread::of(parts)])
}

/// The ledger after the loss of every message that was not out: whole again in one reconcile.
pub(crate) async fn run_repair(options: &Options) -> anyhow::Result<Figure> {
    let applications = options.count(20_000, 100_000);
    let server = Server::durable(options.db)?;
    let database = server.create("damaged")?;
    let ledger = database.open().await?;
    let job = organisation::job(&ledger).await?;
    let mut session = database.connect().await?;
    fill::unsent(&mut session, job, applications).await?;
    let before = session.number("SELECT count(*) FROM notification").await?;
    let limit = copied_rows(&mut session, &["notification"]).await?;
    row("the same rows written by one statement", &format!("{:>9.2} s", limit.as_secs_f64()));
    session.execute("DELETE FROM notification").await?;
    let began = Instant::now();
    let repaired = ledger.reconcile().await?;
    let took = began.elapsed();
    ensure!(repaired.len() == applications, "{} applications were repaired", repaired.len());
    let after = session.number("SELECT count(*) FROM notification WHERE state IN ('scheduled', 'waiting')").await?;
    ensure!(after == before, "{after} messages are back of {before}");
    let findings = ledger.audit().await?;
    ensure!(findings.is_empty(), "{} findings, the first: {:?}", findings.len(), findings[0]);
    row(&format!("{applications} applications whole again, {before} messages"), &format!("{:>9.2} s", took.as_secs_f64()));
    Ok(Figure { figure: took.as_secs_f64(), unit: "s", limit: Some(limit.as_secs_f64()), spread: None, rss_mb: None })
}

/// Into tables with the same columns and no index: what writing them takes at least.
pub(crate) async fn copied_rows(session: &mut Session, tables: &[&str]) -> anyhow::Result<Duration> {
    let mut took = Duration::ZERO;
    for table in tables {
        session.execute(&format!("CREATE TABLE copy AS SELECT * FROM {table} LIMIT 0")).await?;
        let began = Instant::now();
        session.execute(&format!("INSERT INTO copy SELECT * FROM {table}")).await?;
        took += began.elapsed();
        session.execute("DROP TABLE copy").await?;
    }
    if session.kind() == DatabaseKind::Sqlite {
        session.execute("PRAGMA wal_checkpoint(TRUNCATE)").await?;
    }
    Ok(took)
}
