//! Drill 15: a deployment that never ends. Every process is asked to stop in turn and replaced, under load.

use anyhow::Context;
use hearback_domain::random::Random;
use hearback_testkit::{
    database::{DatabaseKind, TestDatabase},
    smtp_sink::{Keep, Script, SmtpSink},
};
use tokio::{
    time::{Duration, sleep},
    try_join,
};

use crate::{
    account,
    drill::{Options, TO_REST},
    drill_01_kills::{below, end},
    load::{Load, Then},
    organisation::Organisation,
    outcome::Outcome,
    processes::{Mail, Process, Processes, Role},
    tables::Tables,
};

pub(crate) async fn run(options: &Options) -> anyhow::Result<Outcome> {
    let (applications, restarts) = (options.count(400, 2_000), options.count(12, 50));
    let database = TestDatabase::create(options.db);
    let sink = SmtpSink::start(Script::accept_all(), Keep::Everything).await?;
    let processes = Processes::new(database.url(), Mail::Relay(sink.address()))?;
    let roles: &[Role] = match options.db {
        DatabaseKind::Sqlite => &[Role::Everything],
        DatabaseKind::Postgres => &[Role::Api, Role::Worker, Role::Worker],
    };
    let mut running = Vec::new();
    for role in roles {
        running.push(processes.start(*role).await?);
    }
    let load = Load::new(Organisation::set_up(&processes).await?, applications, Then::ChangeStatus);
    let random = Random::from_seed(options.seed);
    let (answered, badly) = try_join!(load.run(), replace_in_turn(&mut running, &processes, &load, &random, restarts))?;

    let tables = Tables::new(options.db, database.url());
    account::at_rest(&tables, &sink, load.requests(), TO_REST).await?;
    end(&mut running).await?;
    let ledger = account::open(database.url()).await?;
    let mut outcome = account::settle(&ledger, &load, &answered, &sink.accepted(), processes.audit().await?).await?;
    println!("  {applications} applications and as many status changes; requests tried again: {}", load.tried_again());
    println!("  {restarts} SIGTERMs over {} processes, {} ended otherwise than with 0", running.len(), badly.len());
    outcome.expect(outcome.duplicates == 0, || "an orderly end leaves nothing in doubt, and something was sent twice".to_owned());
    outcome.broken.extend(badly);
    Ok(outcome)
}

/// What those said that did not end with 0.
async fn replace_in_turn(
    running: &mut [Process],
    processes: &Processes,
    load: &Load,
    random: &Random,
    restarts: usize,
) -> anyhow::Result<Vec<String>> {
    let mut badly = Vec::new();
    for restart in 0..restarts {
        // Spread over the load, the last one included.
        load.answered(load.requests() * restart / restarts).await;
        sleep(Duration::from_millis(below(random, 50) as u64)).await;
        let turn = restart % running.len();
        let logs = running[turn].logs();
        let status = running[turn].replace(processes).await.context("after a SIGTERM")?;
        if !status.success() {
            badly.push(format!("a process ended with {status}; before, it had said:\n{logs}"));
        }
    }
    Ok(badly)
}
