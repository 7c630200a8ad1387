//! Drill 13: machines whose clocks are ten minutes off, one ahead and one behind. Leases and due times are the database's, so nothing is
//! sent twice, early or never.

use std::path::Path;

use anyhow::{Context, ensure};
use hearback_testkit::{
    database::TestDatabase,
    smtp_sink::{Answer, Keep, Script, SmtpSink, Stage},
};

use crate::{
    account,
    drill::{Options, TO_REST},
    drill_01_kills::end,
    load::{Load, Then},
    organisation::Organisation,
    outcome::Outcome,
    processes::{Mail, Processes, Role},
    tables::Tables,
};

/// Debian's package `faketime`, by architecture.
const LIBRARIES: [&str; 2] =
    ["/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1", "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1"];

pub(crate) async fn run(options: &Options) -> anyhow::Result<Outcome> {
    let applications = options.count(300, 2_000);
    let library = LIBRARIES.into_iter().find(|library| Path::new(library).exists());
    let library = library.context("Debian's package `faketime` is not installed: it gives a process another time than the machine's")?;
    let database = TestDatabase::create(options.db);
    let sink = SmtpSink::start(relay(), Keep::Everything).await?;
    let processes = Processes::new(database.url(), Mail::Relay(sink.address()))?;
    let off = |by: &str| {
        // Time that only passes is not the machine's clock: nobody sets it, and it is not wrong.
        processes.with(&[("LD_PRELOAD", library), ("FAKETIME", by), ("FAKETIME_DONT_FAKE_MONOTONIC", "1")])
    };
    let (ahead, behind) = (off("+10m"), off("-10m"));
    let mut running = vec![processes.start(Role::Api).await?, ahead.start(Role::Worker).await?, behind.start(Role::Worker).await?];
    let load = Load::new(Organisation::set_up(&processes).await?, applications, Then::ChangeStatus);
    let answered = load.run().await?;

    let tables = Tables::new(options.db, database.url());
    let rested = account::at_rest(&tables, &sink, load.requests(), TO_REST).await?;
    let logs: Vec<String> = running.iter().map(|process| process.logs()).collect();
    end(&mut running).await?;
    let ledger = account::open(database.url()).await?;
    let mut outcome = account::settle(&ledger, &load, &answered, &sink.accepted(), processes.audit().await?).await?;
    println!("  {applications} applications and as many status changes; one worker ten minutes ahead, one ten minutes behind");
    println!("  at rest {:.1} s after the last answer", rested.as_secs_f64());
    outcome.expect(outcome.duplicates == 0, || "two workers did not agree on a lease".to_owned());
    let early = tables.number("SELECT count(*) FROM notification WHERE settled_at < send_after").await?;
    outcome.expect(early == 0, || format!("{early} messages were sent before their time"));
    ensure!(logs.iter().skip(1).all(|log| !log.is_empty()), "a worker said nothing, not even when it is");
    Ok(outcome)
}

/// Slow enough that both workers always have something in hand.
fn relay() -> Script {
    Script::from_fn(|moment| match moment.stage {
        Stage::Dot => Answer::AcceptAfter(std::time::Duration::from_millis(20)),
        _ => Answer::Accept,
    })
}
