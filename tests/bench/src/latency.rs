//! From an application's answer, which is when it is on disk, to its acknowledgement being taken by a relay: at a steady rate, and while
//! many rejections drain beside it.

mod bulk;
pub(crate) mod steady;

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use anyhow::ensure;
use hearback_testkit::{
    free_port,
    program::{Program, built_program},
    smtp_sink::{Keep, Script, SmtpSink},
};

use crate::{
    bench::Options,
    database::{Database, Server},
    figure::{Figure, row},
    organisation, relay_settings,
};
use steady::{Steady, Times};

const PATIENCE: Duration = Duration::from_secs(600);

const WARM_UP: Duration = Duration::from_secs(1);

/// Applications a second.
const RATE: u32 = 100;
const RATE_BESIDE_BULK: u32 = 20;

pub(crate) async fn run(options: &Options) -> anyhow::Result<Figure> {
    let measured = options.count(Duration::from_secs(10), Duration::from_secs(60));
    let server = Server::durable(options.db)?;
    let database = server.create("hearback")?;
    let ledger = database.open().await?;
    let (job, key) = (organisation::job(&ledger).await?, organisation::key(&ledger).await?);
    drop(ledger);
    let sink = SmtpSink::start(Script::accept_all(), Keep::Identity).await?;
    let (mut program, address) = serve(&database, sink.address()).await?;
    let steady = Steady { address, path: format!("/v1/jobs/{job}/applications"), key, rate: RATE };
    let times = steady.apply(&sink, WARM_UP, measured).await?;
    let rss_mb = program.rss_mb()?;
    program.terminate()?;
    program.wait(PATIENCE).await?;
    row(&format!("{RATE} applications a second, {} s: answered to accepted", measured.as_secs()), &times.since_answer.to_string());
    row("sent to accepted, the application's own way in included", &times.since_asked.to_string());
    Ok(figure(times, rss_mb))
}

pub(crate) async fn run_under_bulk(options: &Options) -> anyhow::Result<Figure> {
    let (rejections, measured) = (options.count(20_000, 100_000), options.count(Duration::from_secs(3), Duration::from_secs(12)));
    let server = Server::durable(options.db)?;
    let database = server.create("hearback")?;
    let ledger = database.open().await?;
    let (job, key) = (organisation::job(&ledger).await?, organisation::key(&ledger).await?);
    let mut session = database.connect().await?;
    bulk::reject(&ledger, &mut session, job, rejections).await?;
    drop(ledger);
    let sink = SmtpSink::start(Script::accept_all(), Keep::Identity).await?;
    let (mut program, address) = serve(&database, sink.address()).await?;
    let steady = Steady { address, path: format!("/v1/jobs/{job}/applications"), key, rate: RATE_BESIDE_BULK };
    let times = steady.apply(&sink, Duration::ZERO, measured).await?;
    let left = bulk::left(&mut session).await?;
    let rss_mb = program.rss_mb()?;
    program.terminate()?;
    program.wait(PATIENCE).await?;
    ensure!(left > 0, "the {rejections} rejections were gone before the last application was acknowledged: measure for a shorter time");
    row(&format!("{rejections} rejections due; of these unsent at the end of the {} s", measured.as_secs()), &format!("{left:>9}"));
    row(&format!("{RATE_BESIDE_BULK} applications a second meanwhile: answered to accepted"), &times.since_answer.to_string());
    Ok(figure(times, rss_mb))
}

fn figure(times: Times, rss_mb: f64) -> Figure {
    let spread = times.since_answer;
    Figure { figure: spread.p99().as_secs_f64() * 1e3, unit: "ms", limit: None, spread: Some(spread), rss_mb: Some(rss_mb) }
}

/// API and worker.
pub(crate) async fn serve(database: &Database, relay: SocketAddr) -> anyhow::Result<(Program, SocketAddr)> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
    let listen = address.to_string();
    let settings = relay_settings::relay(&database.url, relay);
    let mut settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    settings.push(("HEARBACK_LISTEN", &listen));
    let mut program = Program::spawn(&built_program()?, &["serve"], &settings)?;
    program.wait_for_url(&format!("http://{address}/health"), PATIENCE).await?;
    Ok((program, address))
}
