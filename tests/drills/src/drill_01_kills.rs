//! Drill 1: applications and status changes, while the processes that take, send and record them are killed at random.

use std::time::Duration;

use anyhow::Context;
use hearback_domain::random::Random;
use hearback_testkit::{
    database::{DatabaseKind, TestDatabase},
    smtp_sink::{Answer, Keep, Script, SmtpSink, Stage},
};
use tokio::{time::sleep, try_join};

use crate::{
    account,
    drill::{Options, TO_REST},
    load::{Load, Then},
    organisation::Organisation,
    outcome::Outcome,
    processes::{IN_DOUBT, Mail, Process, Processes, Role},
    tables::Tables,
};

/// How long a process may be back at work before the next kill, at most.
const LONGEST_PEACE: Duration = Duration::from_millis(150);

pub(crate) async fn run(options: &Options, restart_after: Duration) -> anyhow::Result<Outcome> {
    let (applications, kills) = match restart_after.is_zero() {
        true => (options.count(400, 2_000), options.count(12, 50)),
        false => (options.count(300, 2_000), options.count(6, 50)),
    };
    let database = TestDatabase::create(options.db);
    let sink = SmtpSink::start(relay(), Keep::Everything).await?;
    let processes = Processes::new(database.url(), Mail::Relay(sink.address()))?;
    let mut running = start(options.db, &processes).await?;
    let load = Load::new(Organisation::set_up(&processes).await?, applications, Then::ChangeStatus).paced(restart_after / 4);
    let random = Random::from_seed(options.seed);
    let (answered, in_load) = try_join!(load.run(), kill(&mut running, &processes, &load, &random, kills, restart_after))?;

    let tables = Tables::new(options.db, database.url());
    let rested = account::at_rest(&tables, &sink, load.requests(), TO_REST).await?;
    end(&mut running).await?;
    let ledger = account::open(database.url()).await?;
    let mut outcome = account::settle(&ledger, &load, &answered, &sink.accepted(), processes.audit().await?).await?;
    println!("  {applications} applications and as many status changes; requests tried again: {}", load.tried_again());
    println!("  {kills} SIGKILLs, {in_load} of them before the last request was answered; at rest {:.1} s after it", rested.as_secs_f64());
    outcome.expect(in_load * 2 > kills, || "most of the kills came too late to matter".to_owned());
    outcome.expect(outcome.duplicates <= IN_DOUBT * kills, || format!("more duplicates than {IN_DOUBT} in doubt × {kills} kills"));
    Ok(outcome)
}

/// Slow enough that there is always something in flight to be killed.
fn relay() -> Script {
    Script::from_fn(|moment| match moment.stage {
        Stage::Dot => Answer::AcceptAfter(Duration::from_millis(3)),
        _ => Answer::Accept,
    })
}

/// What is killed: on PostgreSQL a second worker too.
pub(crate) async fn start(db: DatabaseKind, processes: &Processes) -> anyhow::Result<Vec<Process>> {
    let mut running = vec![processes.start(Role::Everything).await?];
    match db {
        DatabaseKind::Sqlite => {}
        DatabaseKind::Postgres => running.push(processes.start(Role::Worker).await?),
    }
    Ok(running)
}

pub(crate) async fn end(running: &mut [Process]) -> anyhow::Result<()> {
    for process in running {
        let status = process.end().await?;
        anyhow::ensure!(status.success(), "a process that was asked to end did so with {status}; it said:\n{}", process.logs());
    }
    Ok(())
}

/// How many kills happened while requests were still unanswered.
async fn kill(
    running: &mut [Process],
    processes: &Processes,
    load: &Load,
    random: &Random,
    kills: usize,
    restart_after: Duration,
) -> anyhow::Result<usize> {
    // By progress instead of by the clock, so that a slow machine is not killed more often for the same work.
    let mut moments: Vec<usize> = (0..kills).map(|_| below(random, load.requests())).collect();
    moments.sort_unstable();
    let mut in_load = 0;
    for moment in moments {
        load.answered(moment).await;
        sleep(LONGEST_PEACE.mul_f64(random.fraction())).await;
        in_load += usize::from(load.answered_by_now() < load.requests());
        let victim = below(random, running.len());
        running[victim].kill_and_restart(processes, restart_after).await.context("after a SIGKILL")?;
    }
    Ok(in_load)
}

pub(crate) fn below(random: &Random, limit: usize) -> usize {
    (random.fraction() * limit as f64) as usize
}
