//! Drill 4: PostgreSQL stops as if the power failed, again and again, under load. Clients try again under the same Idempotency-Key.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use hearback_domain::random::Random;
use hearback_testkit::{
    database::DatabaseKind,
    postgres::{Cluster, ClusterError, Options as ClusterOptions},
    smtp_sink::{Keep, Script, SmtpSink},
};
use tokio::{
    task::block_in_place,
    time::{sleep, timeout},
    try_join,
};

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

/// From the moment PostgreSQL takes connections again.
const WORKING_AGAIN_WITHIN: Duration = Duration::from_secs(15);

/// A crash and what follows takes a second or two; the load has to outlast all of them.
const PACE: Duration = Duration::from_millis(150);

pub(crate) async fn run(options: &Options) -> anyhow::Result<Outcome> {
    let (applications, crashes) = (options.count(600, 4_000), options.count(4, 20));
    // Of its own, and durable: nothing that was committed may be gone.
    let cluster = block_in_place(|| Cluster::start(ClusterOptions::default()))?;
    cluster.create_database("hearback")?;
    let database = cluster.url("hearback");
    let sink = SmtpSink::start(Script::accept_all(), Keep::Everything).await?;
    let processes = Processes::new(&database, Mail::Relay(sink.address()))?;
    let mut running = start(DatabaseKind::Postgres, &processes).await?;
    let load = Load::new(Organisation::set_up(&processes).await?, applications, Then::ChangeStatus).paced(PACE);
    let random = Random::from_seed(options.seed);
    let (answered, again) = try_join!(load.run(), crash(&cluster, &load, &sink, &random, crashes))?;

    let tables = Tables::new(DatabaseKind::Postgres, &database);
    let rested = account::at_rest(&tables, &sink, load.requests(), TO_REST).await?;
    let workers = running.len();
    end(&mut running).await?;
    let ledger = account::open(&database).await?;
    let mut outcome = account::settle(&ledger, &load, &answered, &sink.accepted(), processes.audit().await?).await?;
    println!("  {applications} applications and as many status changes; requests tried again: {}", load.tried_again());
    println!("  {crashes} crashes; answering again after {}", spread(again.iter().map(|again| again.answering)));
    println!(
        "  sending again after {}; at rest {:.1} s after the last answer",
        spread(again.iter().map(|again| again.sending)),
        rested.as_secs_f64()
    );
    // What a relay took while nobody could write it down is written down later, or sent again.
    let most = IN_DOUBT * workers * crashes;
    outcome.expect(outcome.duplicates <= most, || format!("more duplicates than the {most} that were in flight"));
    Ok(outcome)
}

/// How long it took after PostgreSQL was back.
struct Again {
    answering: Duration,
    sending: Duration,
}

async fn crash(cluster: &Cluster, load: &Load, sink: &SmtpSink, random: &Random, crashes: usize) -> anyhow::Result<Vec<Again>> {
    let mut again = Vec::new();
    for crash in 0..crashes {
        // Before the last tenth of the load: afterwards somebody must be left to ask and to be told.
        load.answered(load.requests() * 9 * crash / (10 * crashes)).await;
        sleep(Duration::from_millis(below(random, 100) as u64)).await;
        block_in_place(|| stop_and_start(cluster))?;
        let (back, answered, sent) = (Instant::now(), load.answered_by_now(), sink.accepted_count());
        ensure!(answered < load.requests(), "crash {} of {crashes} came after the last answer", crash + 1);
        let answering = async {
            timeout(WORKING_AGAIN_WITHIN, load.answered(answered + 1)).await.context("nobody was answered within 15 s")?;
            anyhow::Ok(back.elapsed())
        };
        let sending = async {
            sink.wait_for(sent + 1, WORKING_AGAIN_WITHIN).await.context("nothing was sent within 15 s")?;
            anyhow::Ok(back.elapsed())
        };
        let (answering, sending) = try_join!(answering, sending).with_context(|| format!("after crash {}", crash + 1))?;
        again.push(Again { answering, sending });
    }
    Ok(again)
}

fn stop_and_start(cluster: &Cluster) -> Result<(), ClusterError> {
    cluster.stop_immediate()?;
    cluster.start_again()
}

fn spread(times: impl Iterator<Item = Duration> + Clone) -> String {
    let seconds = |time: Option<Duration>| time.unwrap_or_default().as_secs_f64();
    format!("{:.1} s to {:.1} s", seconds(times.clone().min()), seconds(times.max()))
}
