//! Drill 12: a relay that takes longer than a lease lasts. Leases are renewed, and nobody else sends the same message.

use std::time::Duration;

use hearback_testkit::{
    database::TestDatabase,
    smtp_sink::{Answer, Keep, Script, SmtpSink, Stage},
};

use crate::{
    account,
    drill::{Options, TO_REST},
    drill_01_kills::{end, start},
    load::{Load, Then},
    organisation::Organisation,
    outcome::Outcome,
    processes::{LEASE, Mail, Processes},
    tables::Tables,
};

/// Every third message takes two leases and a half.
const ONE_IN: u64 = 3;

pub(crate) async fn run(options: &Options) -> anyhow::Result<Outcome> {
    let applications = options.count(60, 600);
    let slow = LEASE * 5 / 2;
    let database = TestDatabase::create(options.db);
    let sink = SmtpSink::start(relay(slow), Keep::Everything).await?;
    let processes = Processes::new(database.url(), Mail::Relay(sink.address()))?;
    let mut running = start(options.db, &processes).await?;
    let load = Load::new(Organisation::set_up(&processes).await?, applications, Then::ChangeStatus);
    let answered = load.run().await?;

    let tables = Tables::new(options.db, database.url());
    let longest = slow * u32::try_from(load.requests())?;
    let rested = account::at_rest(&tables, &sink, load.requests(), TO_REST + longest / 16).await?;
    end(&mut running).await?;
    let ledger = account::open(database.url()).await?;
    let mut outcome = account::settle(&ledger, &load, &answered, &sink.accepted(), processes.audit().await?).await?;
    println!("  {applications} applications and as many status changes; leases of {LEASE:?}, every third message takes {slow:?}");
    println!("  at rest {:.1} s after the last answer", rested.as_secs_f64());
    outcome.expect(rested > slow, || "no message took longer than its lease".to_owned());
    outcome.expect(outcome.duplicates == 0, || "a message was sent twice although its lease was renewed".to_owned());
    Ok(outcome)
}

fn relay(slow: Duration) -> Script {
    Script::from_fn(move |moment| match moment.stage {
        Stage::Dot if moment.message.is_multiple_of(ONE_IN) => Answer::AcceptAfter(slow),
        _ => Answer::Accept,
    })
}
