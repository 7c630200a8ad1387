//! Drill 14: names that are not what they seem, a megabyte of them, and rows that nobody can read, among applicants who are as good as
//! any. Each poisoned message is held with a reason, and no neighbour notices.
//!
//! No template of ours panics, and none can be put into a running program. What is done instead: the values that make the crates below
//! the composer panic are put into rows, header text with a line break and dates beyond their calendar. That a panic of any other origin
//! is caught as well is a test of the mailer's own.

mod names;
mod rows;

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use hearback_domain::ids::NotificationId;
use hearback_testkit::{
    database::TestDatabase,
    smtp_sink::{AcceptedMessage, Keep, Script, SmtpSink},
};
use tokio::{time::sleep, try_join};

use crate::{
    account,
    drill::{Options, TO_REST},
    drill_01_kills::end,
    load::{Load, Then},
    organisation::Organisation,
    outcome::Outcome,
    processes::{LEASE, Mail, Process, Processes, Role},
    tables::Tables,
};

/// Where those live who are poison themselves, or whose rows become so.
const THEIR_DOMAIN: &str = "poison.example.net";

const LOOK_AGAIN: Duration = Duration::from_millis(200);

pub(crate) async fn run(options: &Options) -> anyhow::Result<Outcome> {
    let applications = options.count(200, 2_000);
    let database = TestDatabase::create(options.db);
    let sink = SmtpSink::start(Script::accept_all(), Keep::Everything).await?;
    let processes = Processes::new(database.url(), Mail::Relay(sink.address()))?;
    let mut running = vec![processes.start(Role::Api).await?];
    let tables = Tables::new(options.db, database.url());
    let load = Load::new(Organisation::set_up(&processes).await?, applications, Then::ChangeStatus);
    let (answered, poison) = try_join!(load.run(), poison(&processes, &mut running, &load, &tables))?;

    let rested = at_rest(&poison, &load, &tables, &sink).await?;
    // A message that could not be settled would be sent again with the end of its lease, and again.
    sleep(LEASE * 2).await;
    end(&mut running).await?;
    let (to_them, to_neighbours): (Vec<_>, Vec<_>) = to_applicants(&sink).partition(is_to_them);
    let ledger = account::open(database.url()).await?;
    // None is expected, of broken rows neither: a held message says why it waits, and the kind that is not known is not overdue.
    let findings = processes.audit().await?;
    let mut outcome = account::settle(&ledger, &load, &answered, &to_neighbours, findings).await?;
    println!("  {applications} applications and as many status changes; at rest {:.1} s after the last answer", rested.as_secs_f64());
    println!("  {} applications refused at the door, {} odd names told as they are written", poison.refused, poison.named.len());
    println!("  {} rows spoilt:", poison.spoilt.len());
    for line in rows::account(&poison.spoilt, &tables).await? {
        println!("    {line}");
    }
    outcome.expect(outcome.duplicates == 0, || "nobody was killed, and something was sent twice".to_owned());
    // A part of the program that ends so is missed only when it is needed. What sqlx does at a time of `infinity` is caught, row by row.
    let logs: Vec<String> = running.iter().map(Process::logs).collect();
    for panic in logs.iter().flat_map(|logs| logs.lines()).filter(|line| line.contains("panicked at") && !line.contains("sqlx-postgres")) {
        outcome.broken.push(format!("a process said: {panic}"));
    }
    outcome.broken.extend(poison.at_the_door);
    outcome.broken.extend(names::broken(&poison.named, &to_them));
    outcome.broken.extend(rows::broken(&poison.spoilt, &tables, &copies(&to_them)?).await?);
    Ok(outcome)
}

/// What was mixed in.
struct Poison {
    refused: usize,
    /// What was wrong with the answers.
    at_the_door: Vec<String>,
    named: Vec<names::Named>,
    spoilt: Vec<rows::Spoilt>,
}

/// Between applications as they come in, and before anything is sent: what a worker finds first is good and bad together.
async fn poison(processes: &Processes, running: &mut Vec<Process>, load: &Load, tables: &Tables) -> anyhow::Result<Poison> {
    // Of their own: what is on record for the neighbours' job can then still be listed.
    let theirs = Organisation::set_up(processes).await?;
    let on_a_broken_board = Organisation::set_up(processes).await?;
    load.answered(load.requests() / 4).await;
    let refused = names::refused();
    let mut at_the_door = names::knock(&theirs, &refused).await;
    let named = names::apply(&theirs).await?;
    let mut spoilt = rows::spoil(&theirs, tables).await?;
    spoilt.push(rows::spoil_board(&on_a_broken_board, tables).await?);

    let on_record = tables.number("SELECT count(*) FROM candidate WHERE address LIKE '%poison%'").await?;
    if on_record != (named.len() + spoilt.len()) as i64 {
        at_the_door.push(format!("{on_record} of them are on record, {} were taken", named.len() + spoilt.len()));
    }
    running.push(processes.start(Role::Worker).await?);
    Ok(Poison { refused: refused.len(), at_the_door, named, spoilt })
}

/// Until everybody was told who can be, and everything else was dealt with, or for as long as that may take; how long it took.
async fn at_rest(poison: &Poison, load: &Load, tables: &Tables, sink: &SmtpSink) -> anyhow::Result<Duration> {
    let began = Instant::now();
    loop {
        let (to_them, to_neighbours): (Vec<_>, Vec<_>) = to_applicants(sink).partition(is_to_them);
        let dealt_with =
            names::broken(&poison.named, &to_them).is_empty() && rows::broken(&poison.spoilt, tables, &copies(&to_them)?).await?.is_empty();
        if (dealt_with && to_neighbours.len() >= load.requests()) || began.elapsed() > TO_REST {
            return Ok(began.elapsed());
        }
        sleep(LOOK_AGAIN).await;
    }
}

/// Without what tells the organisation's own people of the rows that were set aside.
fn to_applicants(sink: &SmtpSink) -> impl Iterator<Item = AcceptedMessage> {
    sink.accepted().into_iter().filter(|mail| !account::is_internal(mail))
}

fn is_to_them(mail: &AcceptedMessage) -> bool {
    mail.envelope.recipients.iter().any(|recipient| recipient.contains(THEIR_DOMAIN))
}

/// How often each message was accepted.
fn copies(mails: &[AcceptedMessage]) -> anyhow::Result<HashMap<NotificationId, usize>> {
    let mut copies = HashMap::new();
    for mail in mails {
        *copies.entry(account::notification_of(&mail.message_id)?).or_default() += 1;
    }
    Ok(copies)
}
