//! A job with many applicants closes: how long the request takes, how soon the last final message is owed, and what applicants of other jobs
//! notice of it.

mod progress;

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use anyhow::ensure;
use hearback_ledger::{ApiKeyKind, Ledger, NewApiKey};
use hearback_testkit::smtp_sink::{Keep, Script, SmtpSink};

use crate::{
    audit::{copied_rows, fill},
    bench::Options,
    database::Server,
    figure::{Figure, row},
    latency::{
        serve,
        steady::{Steady, Times},
    },
    organisation,
};
use progress::Recruiter;

const PATIENCE: Duration = Duration::from_secs(600);

/// Applications a second, for the other job.
const RATE: u32 = 20;

/// Before the job closes: connections are open, and every way was gone once.
const WARM_UP: Duration = Duration::from_secs(2);

/// What it may take, whatever the number of applicants.
const ANSWERED_WITHIN: Duration = Duration::from_secs(1);
const OWED_WITHIN: Duration = Duration::from_secs(30);
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_secs(1);

/// When it was asked to close, when that was answered, and when everybody was owed a message.
struct Closed {
    asked: Instant,
    answered: Instant,
    owed: Instant,
}

pub(crate) async fn run(options: &Options) -> anyhow::Result<Figure> {
    let applicants = options.count(5_000, 50_000);
    let server = Server::durable(options.db)?;
    let database = server.create("hearback")?;
    let ledger = database.open().await?;
    let (closing, other) = (organisation::job(&ledger).await?, organisation::job(&ledger).await?);
    let (key, secret) = (organisation::key(&ledger).await?, secret_key(&ledger).await?);
    let mut session = database.connect().await?;
    fill::waiting(&mut session, closing, applicants).await?;
    let sink = SmtpSink::start(Script::accept_all(), Keep::Identity).await?;
    let (mut program, address) = serve(&database, sink.address()).await?;
    let steady = Steady { address, path: format!("/v1/jobs/{other}/applications"), key, rate: RATE };
    let recruiter = Recruiter { address, secret, job: closing };

    let is_over = AtomicBool::new(false);
    let close = async {
        tokio::time::sleep(WARM_UP).await;
        let looked = Instant::now();
        let confirmation = recruiter.look(applicants).await?;
        row("the dry run: who gets what", &format!("{:>9.2} s", looked.elapsed().as_secs_f64()));
        let closed = recruiter.close(&confirmation, applicants, PATIENCE).await;
        is_over.store(true, Ordering::Relaxed);
        closed
    };
    let (taken, closed) = tokio::try_join!(steady.apply_while(&sink, |_| !is_over.load(Ordering::Relaxed)), close)?;
    let meanwhile = Times::of(taken.into_iter().filter(|taken| taken.asked >= closed.asked && taken.asked <= closed.owed));
    let rss_mb = program.rss_mb()?;
    program.terminate()?;
    program.wait(PATIENCE).await?;

    let owed = session.number("SELECT count(*) FROM notification WHERE kind = 'rejected' AND state = 'scheduled'").await?;
    ensure!(owed == i64::try_from(applicants)?, "{owed} final messages are owed to {applicants} applicants");
    let findings = ledger.audit().await?;
    ensure!(findings.is_empty(), "{} findings, the first: {:?}", findings.len(), findings[0]);
    let limit = copied_rows(&mut session, &["notification", "event", "bulk_item"]).await?;

    let (answer, took) = (closed.answered - closed.asked, closed.owed - closed.asked);
    let acknowledged = meanwhile.since_asked.p99();
    row(&format!("a job with {applicants} applicants is closed: the answer"), &format!("{:>9.2} s", answer.as_secs_f64()));
    row("asked to everybody being owed a message", &format!("{:>9.2} s", took.as_secs_f64()));
    row("all rows there are, written by one statement a table", &format!("{:>9.2} s", limit.as_secs_f64()));
    row(&format!("{RATE} applications a second for another job: answered to accepted"), &meanwhile.since_answer.to_string());
    row("asked to accepted, the application's own way in included", &meanwhile.since_asked.to_string());
    ensure!(answer <= ANSWERED_WITHIN, "closing was answered after {answer:?}, and {ANSWERED_WITHIN:?} are promised");
    ensure!(took <= OWED_WITHIN, "the last final message was owed after {took:?}, and {OWED_WITHIN:?} are promised");
    ensure!(acknowledged <= ACKNOWLEDGED_WITHIN, "acknowledgements took {acknowledged:?} (p99) meanwhile");
    let spread = Some(meanwhile.since_asked);
    Ok(Figure { figure: took.as_secs_f64(), unit: "s", limit: Some(limit.as_secs_f64()), spread, rss_mb: Some(rss_mb) })
}

async fn secret_key(ledger: &Ledger) -> anyhow::Result<String> {
    let new = NewApiKey { kind: ApiKeyKind::Secret, is_test: false, board: None, name: "bench".to_owned() };
    Ok(ledger.create_api_key(new).await?.1)
}
