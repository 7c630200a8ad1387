//! Drill 16: a database that cannot be written to for half a minute, because its disk is full or somebody else has it. Until it can,
//! applicants get a 5xx that they may repeat; never a success without a row.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use futures::future::try_join_all;
use hearback_testkit::{
    database::{DatabaseKind, TestDatabase},
    smtp_sink::{Keep, Script, SmtpSink},
};
use reqwest::StatusCode;
use serde_json::json;
use sqlx::{Connection, Executor, PgConnection, SqliteConnection};
use tokio::time::sleep;

use crate::{
    account,
    drill::{Options, TO_REST},
    drill_01_kills::end,
    load::{Load, Then, answer},
    organisation::Organisation,
    outcome::Outcome,
    processes::{Mail, Process, Processes, Role},
    tables::Tables,
};

/// One after the other in each, all the while.
const CLIENTS: usize = 8;

/// What applicants were told while nothing could be written.
#[derive(Default)]
struct Told {
    successes: usize,
    try_again: usize,
    anything_else: Vec<String>,
}

pub(crate) async fn run(options: &Options) -> anyhow::Result<Outcome> {
    let (applications, trouble) = (options.count(100, 1_000), Duration::from_secs(if options.long { 30 } else { 12 }));
    let database = TestDatabase::create(options.db);
    let sink = SmtpSink::start(Script::accept_all(), Keep::Everything).await?;
    let processes = Processes::new(database.url(), Mail::Relay(sink.address()))?;
    let mut running = vec![processes.start(Role::Everything).await?];
    let organisation = Organisation::set_up(&processes).await?;
    let tables = Tables::new(options.db, database.url());
    // Before: with rows in every table.
    let before = Load::new(organisation.clone(), applications, Then::ChangeStatus);
    before.run().await?;
    account::at_rest(&tables, &sink, before.requests(), TO_REST).await?;

    let mut broken = Vec::new();
    let busy = while_busy(&tables, database.url(), &organisation, trouble, &mut broken).await?;
    println!("  somebody else has the database for {trouble:?}: {} times told to come again, {} on record", busy.try_again, busy.successes);
    match options.db {
        DatabaseKind::Sqlite => {
            let full = while_full(&tables, &running[0], &organisation, trouble / 4, &mut broken).await?;
            println!(
                "  no more room on the disk for {:?}: {} times told to come again, {} on record",
                trouble / 4,
                full.try_again,
                full.successes
            );
        }
        // What PostgreSQL does about its own disk is PostgreSQL's affair: it ends, and that is drill 4.
        DatabaseKind::Postgres => {}
    }

    // After: as if nothing had been.
    let load = Load::new(organisation, applications, Then::ChangeStatus).numbered_from(applications);
    let answered = load.run().await?;
    let all = usize::try_from(tables.number("SELECT count(*) FROM notification WHERE state <> 'held'").await?)?;
    account::at_rest(&tables, &sink, all, TO_REST).await?;
    end(&mut running).await?;
    let ledger = account::open(database.url()).await?;
    let recorded = usize::try_from(tables.number("SELECT count(*) FROM application").await?)? - applications;
    let mut outcome = account::told(&ledger, &load, &answered, &sink.accepted(), processes.audit().await?).await?;
    outcome.expect(recorded >= applications, || "an application that was answered after the trouble is not on record".to_owned());
    outcome.expect(outcome.duplicates == 0, || "something was sent twice".to_owned());
    outcome.broken.extend(broken);
    Ok(outcome)
}

async fn while_busy(
    tables: &Tables,
    database: &str,
    organisation: &Organisation,
    time: Duration,
    broken: &mut Vec<String>,
) -> anyhow::Result<Told> {
    let asking = ask(organisation, "busy", time);
    let told = match tables.kind() {
        DatabaseKind::Sqlite => {
            let mut other = SqliteConnection::connect(database).await?;
            other.execute("BEGIN IMMEDIATE").await?;
            let told = asking.await?;
            other.execute("ROLLBACK").await?;
            told
        }
        DatabaseKind::Postgres => {
            let mut other = PgConnection::connect(database).await?;
            other.execute("BEGIN").await?;
            other.execute("LOCK TABLE application IN ACCESS EXCLUSIVE MODE").await?;
            let told = asking.await?;
            other.execute("ROLLBACK").await?;
            told
        }
    };
    judge("busy", &told, tables, broken).await?;
    if told.try_again == 0 {
        broken.push("nobody noticed that the database was busy".to_owned());
    }
    Ok(told)
}

/// The program's files may not grow: to it, that is a full disk.
async fn while_full(
    tables: &Tables,
    process: &Process,
    organisation: &Organisation,
    time: Duration,
    broken: &mut Vec<String>,
) -> anyhow::Result<Told> {
    process.let_files_grow_to(Some(4_096))?;
    let told = ask(organisation, "full", time).await;
    process.let_files_grow_to(None)?;
    let told = told?;
    judge("full", &told, tables, broken).await?;
    if told.try_again == 0 {
        broken.push("nobody noticed that the disk was full".to_owned());
    }
    Ok(told)
}

/// Applies again and again for so long.
async fn ask(organisation: &Organisation, what: &str, time: Duration) -> anyhow::Result<Told> {
    let began = Instant::now();
    let clients = (0..CLIENTS).map(async |client| {
        let mut told = Told::default();
        let mut number = 0;
        while began.elapsed() < time {
            let path = format!("jobs/{}/applications", organisation.job);
            let body = json!({ "name": "Ada Okafor", "email": format!("{what}-{client}-{number}@example.net") });
            match answer(organisation.post(&path, &body)).await {
                Ok((status, _)) if status.is_success() => told.successes += 1,
                Ok((StatusCode::SERVICE_UNAVAILABLE, _)) => told.try_again += 1,
                Ok((status, answer)) => told.anything_else.push(format!("{status}: {answer}")),
                // A client that did not wait was told nothing.
                Err(_) => {}
            }
            number += 1;
            sleep(Duration::from_millis(20)).await;
        }
        anyhow::Ok(told)
    });
    let mut all = Told::default();
    for told in try_join_all(clients).await? {
        all.successes += told.successes;
        all.try_again += told.try_again;
        all.anything_else.extend(told.anything_else);
    }
    Ok(all)
}

async fn judge(what: &str, told: &Told, tables: &Tables, broken: &mut Vec<String>) -> anyhow::Result<()> {
    let rows = tables.number(&format!("SELECT count(*) FROM application WHERE email LIKE '{what}-%'")).await?;
    let rows = usize::try_from(rows).context("a count")?;
    if rows < told.successes {
        broken.push(format!("{} were answered with a success while the database was {what}, and {rows} are on record", told.successes));
    }
    if let Some(first) = told.anything_else.first() {
        broken.push(format!(
            "while the database was {what}, {} were told something else than to come again: {first}",
            told.anything_else.len()
        ));
    }
    ensure!(told.successes + told.try_again > 0, "nobody was answered at all while the database was {what}");
    Ok(())
}
