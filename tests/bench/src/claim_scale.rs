//! How long a claim takes when years of settled messages lie behind it, and when dead entries lie before it that nobody may clean.
//!
//! PostgreSQL runs without waiting for the disk here: a flush that takes as long in every row of the table would only make them look
//! alike. SQLite waits as always, since the ledger makes it.

pub(crate) mod fill;

use std::time::{Duration, Instant};

use anyhow::ensure;
use futures::future::try_join_all;
use hearback_domain::notification::Outcome;
use hearback_ledger::{Ended, Ledger, OwedMessage, SentMail};
use hearback_testkit::{database::DatabaseKind, postgres};

use crate::{
    bench::Options,
    database::{Server, Session},
    figure::{Figure, row},
    organisation,
    spread::Spread,
};

const FEW: usize = 10_000;

const CLAIMED: usize = 100;

const CLAIMS: usize = 300;

const SETTLEMENTS: usize = 200_000;

/// Claimed and settled at once between the measurements.
const BATCH: usize = 512;
const LOOPS: usize = 2;

/// For both measurements, what is settled between them, and whoever starts anew.
const DUE: usize = 2 * CLAIMS * CLAIMED + SETTLEMENTS + LOOPS * BATCH + 2 * CLAIMED;

/// Claims at one size.
struct Claims {
    quiet: Spread,
    /// After many settlements, while another session holds a snapshot from before them.
    held_up: Spread,
}

pub(crate) async fn run(options: &Options) -> anyhow::Result<Figure> {
    let many = options.count(1_000_000, 10_000_000);
    let server = Server::start(options.db, roomy())?;
    let few = measure(&server, FEW).await?;
    let many = measure(&server, many).await?;
    // The strictest comparison: everything against the same with nothing.
    let (figure, limit) = (many.held_up.p50().as_secs_f64() * 1e3, few.quiet.p50().as_secs_f64() * 1e3);
    Ok(Figure { figure, unit: "ms", limit: Some(limit), spread: Some(many.held_up), rss_mb: None })
}

/// Room for ten million rows without a checkpoint every few seconds.
fn roomy() -> postgres::Options {
    let mut options = postgres::Options::fast();
    let more = [("shared_buffers", "1GB"), ("max_wal_size", "8GB"), ("maintenance_work_mem", "512MB"), ("jit", "off")];
    options.settings.extend(more.map(|(name, value)| (name.to_owned(), value.to_owned())));
    options
}

async fn measure(server: &Server, settled: usize) -> anyhow::Result<Claims> {
    let database = server.create(&format!("settled_{settled}"))?;
    let ledger = database.open().await?;
    let job = organisation::job(&ledger).await?;
    let began = Instant::now();
    fill::fill(&mut database.connect().await?, job, settled, DUE).await?;
    println!("  {settled} settled and {DUE} due messages, made in {:.0} s", began.elapsed().as_secs_f64());

    let quiet = claims(&ledger).await?;
    row("claims of 100 due messages", &quiet.to_string());
    let mut snapshot = database.connect().await?;
    hold_snapshot(&mut snapshot).await?;
    let began = Instant::now();
    let settlements = try_join_all((0..LOOPS).map(|_| settle_many(&ledger, SETTLEMENTS / LOOPS))).await?;
    ensure!(settlements.iter().sum::<usize>() >= SETTLEMENTS, "too few were due");
    let took = began.elapsed().as_secs_f64();
    let held_up = claims(&ledger).await?;
    row(&format!("after {SETTLEMENTS} settlements in {took:.0} s, an old snapshot open"), &held_up.to_string());
    let began = Instant::now();
    // It knows nothing of where others claimed last: it walks over everything once.
    let first = claim(&database.open().await?).await?;
    row(
        "the first claim of a process that starts now",
        &format!("    {:>6.2} ms, with opening {:.2} ms", ms(first.0), ms(began.elapsed())),
    );
    snapshot.execute("COMMIT").await?;
    Ok(Claims { quiet, held_up })
}

async fn hold_snapshot(session: &mut Session) -> anyhow::Result<()> {
    let begin = match session.kind() {
        DatabaseKind::Sqlite => "BEGIN",
        DatabaseKind::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ",
    };
    session.execute(begin).await?;
    // The first read takes the snapshot.
    session.number("SELECT count(*) FROM board").await?;
    Ok(())
}

/// Settles what it claims, outside the measured time.
async fn claims(ledger: &Ledger) -> anyhow::Result<Spread> {
    let mut times = Vec::with_capacity(CLAIMS);
    for _ in 0..CLAIMS {
        let (took, messages) = claim(ledger).await?;
        times.push(took);
        settle(ledger, messages).await?;
    }
    Ok(Spread::of(times))
}

async fn claim(ledger: &Ledger) -> anyhow::Result<(Duration, Vec<OwedMessage>)> {
    let began = Instant::now();
    let messages = ledger.claim(CLAIMED).await?;
    let took = began.elapsed();
    ensure!(messages.len() == CLAIMED, "{} messages were claimed instead of {CLAIMED}", messages.len());
    Ok((took, messages))
}

async fn settle_many(ledger: &Ledger, enough: usize) -> anyhow::Result<usize> {
    let mut settled = 0;
    while settled < enough {
        let claimed = ledger.claim(BATCH).await?;
        ensure!(!claimed.is_empty(), "nothing is due any more");
        settled += claimed.len();
        settle(ledger, claimed).await?;
    }
    Ok(settled)
}

async fn settle(ledger: &Ledger, messages: Vec<OwedMessage>) -> anyhow::Result<()> {
    let mail = SentMail {
        subject: "We have your application".to_owned(),
        text: fill::TEXT.to_owned(),
        template_version: "0123456789ab".to_owned(),
        sha256: [7; 32],
        raw: Vec::new(),
    };
    let ended = messages.into_iter().map(|message| Ended {
        claim: message.claim,
        at: ledger.now(),
        outcome: Outcome::Accepted { reply: "250 2.0.0 Ok: taken".to_owned() },
        mail: Some(mail.clone()),
        relay: "bench".to_owned(),
    });
    ledger.settle(&ended.collect::<Vec<_>>()).await?;
    Ok(())
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
