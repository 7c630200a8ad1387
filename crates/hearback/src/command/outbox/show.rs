//! `hearback outbox show`

use std::{
    io::{self, Write},
    process::ExitCode,
};

use chrono::{DateTime, Utc};
use hearback_domain::{
    ids::NotificationId,
    notification::{OutboxVerb, State},
};
use hearback_ledger::{Event, Ledger, OutboxRecord};
use serde_json::json;

use super::{
    json::{actor_as_json, as_json},
    words::{address, by, moment},
};
use crate::{cli::Output, terminal::Paint};

pub(super) async fn run(ledger: &Ledger, id: NotificationId, output: Output) -> anyhow::Result<ExitCode> {
    let record = ledger.outbox_record(id).await?.ok_or_else(|| anyhow::anyhow!("{id} is no message of this database"))?;
    let mut out = io::stdout();
    if output.json {
        writeln!(out, "{}", whole(&record, output.show_addresses))?;
    } else {
        print(&mut out, Paint::stdout(), &record, output.show_addresses, ledger.now())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn whole(record: &OutboxRecord, whole_addresses: bool) -> serde_json::Value {
    let OutboxRecord { item, notification, events } = record;
    let mut all = as_json(item, whole_addresses);
    let failure = |failed: &hearback_ledger::Try| json!({ "id": failed.id, "at": failed.at, "outcome": failed.outcome, "reason": failed.reason, "relay": failed.relay });
    let event = |event: &Event| json!({ "id": event.id, "at": event.at, "kind": event.kind, "actor": actor_as_json(&event.actor), "data": event.data, "owes": event.owes });
    all["subject"] = json!(notification.subject);
    // Full of what is not to be seen by chance: the name, and the link to the applicant's page.
    all["text"] = json!(notification.text.as_ref().filter(|_| whole_addresses));
    all["failures"] = notification.tries.iter().map(failure).collect();
    all["timeline"] = events.iter().map(event).collect();
    all
}

fn print(out: &mut impl Write, paint: Paint, record: &OutboxRecord, whole_addresses: bool, now: DateTime<Utc>) -> io::Result<()> {
    let OutboxRecord { item, notification, events } = record;
    writeln!(out, "{}  {}\n", paint.bold(item.id), paint.dim(format!("{}, {}", item.kind, item.state)))?;
    let mut line = |label: &str, value: String| writeln!(out, "  {}  {value}", paint.dim(format!("{label:<11}")));
    line("For", format!("{}, {}", address(item.to.as_ref(), whole_addresses), item.job_title))?;
    line("Application", item.application.to_string())?;
    line("Due", moment(item.due_at, now))?;
    if item.send_after > now && item.state.is_open() {
        line("Not before", moment(item.send_after, now))?;
    }
    match (item.state, item.wake_at) {
        (State::Scheduled, Some(at)) if at <= now => line("Goes out", "now".to_owned())?,
        (State::Scheduled, Some(at)) => line("Next try", moment(at, now))?,
        (State::Sending, Some(at)) => line("With worker", format!("until {}, unless it renews", moment(at, now)))?,
        _ => {}
    }
    let texts = [
        ("Held for", item.hold_reason.as_ref().filter(|_| item.state == State::Held)),
        ("Cancelled", item.cancel_words.as_ref().or(item.cancel_reason.as_ref())),
        ("Relay", item.relay.as_ref()),
        ("It said", item.reply.as_ref()),
        ("Subject", notification.subject.as_ref()),
    ];
    for (label, text) in texts {
        if let Some(text) = text {
            line(label, text.replace('_', " "))?;
        }
    }
    if item.maybe_sent && item.state != State::Sent {
        line("In doubt", paint.yellow("an earlier try may have reached the applicant; a repeat is the same bytes"))?;
    }
    if item.cancel_requested && item.state == State::Sending {
        line("Asked back", "a try that fails is its last, an acceptance stands".to_owned())?;
    }
    if !notification.tries.is_empty() {
        writeln!(out, "\n  {}", paint.bold("Tries that failed"))?;
        for failed in &notification.tries {
            let relay = failed.relay.as_deref().unwrap_or("no relay");
            writeln!(out, "  {}  {:<13}  {}  {}", failed.at.format("%Y-%m-%d %H:%M:%S"), failed.outcome, failed.reason, paint.dim(relay))?;
        }
    }
    writeln!(out, "\n  {}", paint.bold("What happened"))?;
    for event in events {
        let what = event.kind.as_str().replace('_', " ");
        writeln!(out, "  {}  {what:<17}  by {}", event.at.format("%Y-%m-%d %H:%M:%S"), by(&event.actor))?;
    }
    // Full of what is not to be seen by chance: the name, and the link to the applicant's page.
    if let Some(text) = notification.text.as_ref().filter(|_| whole_addresses) {
        writeln!(out, "\n  {}", paint.bold("As it went out"))?;
        for paragraph in text.lines() {
            writeln!(out, "  {paragraph}")?;
        }
    }
    let possible: Vec<String> = OutboxVerb::possible(item.state).iter().map(|verb| format!("hearback outbox {verb} {}", item.id)).collect();
    if !possible.is_empty() {
        writeln!(out, "\n  {}", paint.bold("What you can do"))?;
        for command in possible {
            let reason = if command.contains(OutboxVerb::Cancel.as_str()) { " --reason '…'" } else { "" };
            writeln!(out, "  {command}{reason}")?;
        }
    }
    Ok(())
}
