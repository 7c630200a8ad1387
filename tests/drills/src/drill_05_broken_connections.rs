//! Drill 5: connections to PostgreSQL that hang, go dead in one direction, or break while an answer is on its way, that of a COMMIT
//! included. Clients try again under the same Idempotency-Key.

use std::{net::SocketAddr, time::Duration};

use anyhow::Context;
use hearback_domain::random::Random;
use hearback_testkit::{
    chaos_proxy::{ChaosProxy, Direction, Mode},
    database::{DatabaseKind, TestDatabase},
    smtp_sink::{Keep, Script, SmtpSink},
};
use tokio::{time::sleep, try_join};
use url::Url;

use crate::{
    account,
    drill::{Options, TO_REST},
    drill_01_kills::{below, end, start},
    load::{Load, Then},
    organisation::Organisation,
    outcome::Outcome,
    processes::{IN_DOUBT, Mail, Processes},
    tables::Tables,
};

/// The load has to outlast the faults.
const PACE: Duration = Duration::from_millis(150);

/// How long a network keeps silent, at most: long enough that clients give up, and that leases end.
const LONGEST_SILENCE: Duration = Duration::from_secs(4);

/// An answer to a commit is a few bytes, one to a claim some thousands.
const CUT_WITHIN_BYTES: usize = 4_000;

pub(crate) async fn run(options: &Options) -> anyhow::Result<Outcome> {
    let (applications, faults) = (options.count(400, 3_000), options.count(8, 60));
    let database = TestDatabase::create(DatabaseKind::Postgres);
    let (proxy, through_proxy) = put_in_front_of(database.url()).await?;
    let sink = SmtpSink::start(Script::accept_all(), Keep::Everything).await?;
    let processes = Processes::new(&through_proxy, Mail::Relay(sink.address()))?;
    let mut running = start(DatabaseKind::Postgres, &processes).await?;
    let load = Load::new(Organisation::set_up(&processes).await?, applications, Then::ChangeStatus).paced(PACE);
    let random = Random::from_seed(options.seed);
    let (answered, in_load) = try_join!(load.run(), async { anyhow::Ok(break_connections(&proxy, &load, &random, faults).await) })?;

    let tables = Tables::new(DatabaseKind::Postgres, database.url());
    let rested = account::at_rest(&tables, &sink, load.requests(), TO_REST).await?;
    let workers = running.len();
    end(&mut running).await?;
    let ledger = account::open(database.url()).await?;
    let mut outcome = account::settle(&ledger, &load, &answered, &sink.accepted(), processes.audit().await?).await?;
    println!("  {applications} applications and as many status changes; requests tried again: {}", load.tried_again());
    println!("  {faults} faults, {in_load} of them before the last answer; at rest {:.1} s after it", rested.as_secs_f64());
    outcome.expect(in_load * 2 > faults, || "most of the faults came too late to matter".to_owned());
    outcome.expect(load.tried_again() > 0, || "no client ever noticed a fault".to_owned());
    // A relay's answer that cannot be written is kept; with the end of its lease another worker may send the message again.
    let most = IN_DOUBT * workers * faults;
    outcome.expect(outcome.duplicates <= most, || format!("more duplicates than the {most} that were in flight"));
    Ok(outcome)
}

/// The same database at the proxy's address.
async fn put_in_front_of(database: &str) -> anyhow::Result<(ChaosProxy, String)> {
    let mut url = Url::parse(database)?;
    let upstream: SocketAddr = format!("{}:{}", url.host_str().context("a host")?, url.port().context("a port")?).parse()?;
    let proxy = ChaosProxy::start(upstream).await?;
    let port_is_set = url.set_port(Some(proxy.address().port())).is_ok() && url.set_host(Some("127.0.0.1")).is_ok();
    anyhow::ensure!(port_is_set, "{database} cannot be reached through a proxy");
    Ok((proxy, url.into()))
}

/// How many faults happened while requests were still unanswered.
async fn break_connections(proxy: &ChaosProxy, load: &Load, random: &Random, faults: usize) -> usize {
    let mut in_load = 0;
    for fault in 0..faults {
        load.answered(load.requests() * 9 * fault / (10 * faults)).await;
        in_load += usize::from(load.answered_by_now() < load.requests());
        let silence = LONGEST_SILENCE.mul_f64(0.25 + 0.75 * random.fraction());
        match fault % 4 {
            0 => during(proxy, Mode::BlackHole, silence).await,
            // What was under way is never answered: nothing but a time limit ends it.
            1 => during(proxy, Mode::HalfOpen(Direction::ToClient), silence).await,
            2 => during(proxy, Mode::HalfOpen(Direction::ToUpstream), silence).await,
            // Each open connection breaks with a part of its next answer: PostgreSQL has done what it was asked, and nobody hears so.
            _ => {
                for _ in 0..10 {
                    let bytes = below(random, CUT_WITHIN_BYTES) as u64;
                    during(proxy, Mode::CutAfter(Direction::ToClient, bytes), Duration::from_millis(5)).await;
                    sleep(Duration::from_millis(50)).await;
                }
                proxy.cut();
            }
        }
    }
    in_load
}

async fn during(proxy: &ChaosProxy, mode: Mode, time: Duration) {
    proxy.set(mode);
    sleep(time).await;
    proxy.set(Mode::Pass);
}
