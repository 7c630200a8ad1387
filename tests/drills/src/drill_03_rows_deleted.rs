//! Drill 3: every unsent message's row is deleted while mail goes out. What is owed follows from the records, so all of it comes back,
//! each message under the id that it had.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use hearback_domain::ids::NotificationId;
use hearback_testkit::{
    database::TestDatabase,
    smtp_sink::{Answer, Keep, Script, SmtpSink, Stage},
};
use tokio::{time::sleep, try_join};
use uuid::Uuid;

use crate::{
    account,
    drill::{Options, TO_REST},
    drill_01_kills::{end, start},
    load::{Load, Then},
    organisation::Organisation,
    outcome::Outcome,
    processes::{CLAIMED, Mail, Processes},
    tables::Tables,
};

const UNSENT: &str = "state IN ('waiting', 'scheduled', 'sending', 'held')";

pub(crate) async fn run(options: &Options) -> anyhow::Result<Outcome> {
    let (applications, deletions) = (options.count(400, 2_000), options.count(3, 10));
    let database = TestDatabase::create(options.db);
    let sink = SmtpSink::start(slow_relay(), Keep::Everything).await?;
    let processes = Processes::new(database.url(), Mail::Relay(sink.address()))?;
    let mut running = start(options.db, &processes).await?;
    let load = Load::new(Organisation::set_up(&processes).await?, applications, Then::ChangeStatus);
    let tables = Tables::new(options.db, database.url());
    let (answered, deleted) = try_join!(load.run(), delete(&load, &tables, deletions))?;

    let rested = account::at_rest(&tables, &sink, load.requests(), TO_REST).await?;
    come_back(&tables, load.requests()).await?;
    account::at_rest(&tables, &sink, load.requests(), TO_REST).await?;
    let workers = running.len();
    end(&mut running).await?;
    let ledger = account::open(database.url()).await?;
    let mails = sink.accepted();
    let mut outcome = account::settle(&ledger, &load, &answered, &mails, processes.audit().await?).await?;
    println!("  {applications} applications and as many status changes");
    println!("  {} rows deleted in {deletions} sweeps; all told {:.1} s after the last answer", deleted.len(), rested.as_secs_f64());
    outcome.expect(!deleted.is_empty(), || "nothing was unsent when the rows were deleted, so nothing is proved".to_owned());
    // A row that is gone could have been superseded since by what its applicant was told instead; but here every message is told.
    let told = mails.iter().map(|mail| account::notification_of(&mail.message_id)).collect::<anyhow::Result<HashSet<NotificationId>>>()?;
    let otherwise = deleted.iter().filter(|id| !told.contains(id)).count();
    outcome.expect(otherwise == 0, || format!("{otherwise} of the deleted messages were not sent under their own id"));
    // Deleted while a worker had it: sent by that worker, and again by whoever found that it is owed.
    let most = CLAIMED * workers * deletions;
    outcome.expect(outcome.duplicates <= most, || format!("more duplicates than the {most} that were claimed"));
    Ok(outcome)
}

/// Until each message has its row, or for too long. Whoever had a message when its row went has sent it all the same: nothing is on its way
/// then, and the row is still to be found missing.
async fn come_back(tables: &Tables, messages: usize) -> anyhow::Result<()> {
    let began = Instant::now();
    while tables.number("SELECT count(*) FROM notification").await? < i64::try_from(messages)? && began.elapsed() < TO_REST {
        sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

/// So slow that applications come in faster than mail goes out.
fn slow_relay() -> Script {
    Script::from_fn(|moment| match moment.stage {
        Stage::Dot => Answer::AcceptAfter(Duration::from_millis(30)),
        _ => Answer::Accept,
    })
}

/// At even distances, the last one with the last answer; which messages were deleted.
async fn delete(load: &Load, tables: &Tables, deletions: usize) -> anyhow::Result<HashSet<NotificationId>> {
    let mut deleted = HashSet::new();
    for deletion in 1..=deletions {
        load.answered(load.requests() * deletion / deletions).await;
        sleep(Duration::from_millis(20)).await;
        let gone: Vec<Uuid> = delete_all_unsent(tables).await?;
        deleted.extend(gone.into_iter().map(NotificationId::from));
    }
    Ok(deleted)
}

/// It takes rows in no order, so it may be the one that PostgreSQL stops to resolve a deadlock (40P01): then once more.
async fn delete_all_unsent(tables: &Tables) -> Result<Vec<Uuid>, sqlx::Error> {
    let statement = format!("DELETE FROM notification WHERE {UNSENT} RETURNING id");
    loop {
        match tables.column(&statement).await {
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("40P01") => {}
            other => return other,
        }
    }
}
