//! `hearback outbox list`

use std::{
    io::{self, Write},
    process::ExitCode,
};

use chrono::{DateTime, Utc};
use hearback_domain::notification::State;
use hearback_ledger::{Ledger, OutboxFilter, OutboxItem, OutboxSummary, Page};
use serde_json::json;

use super::{
    json::{as_json, pause_as_json},
    words::{address, away, moment},
};
use crate::{cli::ListMessages, terminal::Paint};

pub(super) async fn run(ledger: &Ledger, options: ListMessages) -> anyhow::Result<ExitCode> {
    let ListMessages { state, kind, board, job, limit, after, output } = options;
    let filter = OutboxFilter { state, kind, board, job, is_test: None };
    let mut items = ledger.outbox(&filter, Page { after, limit: limit + 1 }).await?;
    let more = items.len() as u64 > limit;
    items.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next = if more { items.last().map(|item| item.id) } else { None };
    let summary = ledger.outbox_summary().await?;
    let mut out = io::stdout();
    if output.json {
        let counts: serde_json::Map<String, _> = summary.counts.iter().map(|(state, count)| (state.to_string(), json!(count))).collect();
        let shown: Vec<_> = items.iter().map(|item| as_json(item, output.show_addresses)).collect();
        let pause = summary.pause.as_ref().map(pause_as_json);
        writeln!(
            out,
            "{}",
            json!({ "items": shown, "next_cursor": next, "counts": counts, "oldest_due_at": summary.oldest_due, "paused": pause })
        )?;
        return Ok(ExitCode::SUCCESS);
    }
    let page = Table { paint: Paint::stdout(), now: ledger.now(), whole_addresses: output.show_addresses };
    page.print(&mut out, &items, &summary)?;
    if let Some(next) = next {
        writeln!(out, "More: --after {next}")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// How it is written for people.
struct Table {
    paint: Paint,
    now: DateTime<Utc>,
    whole_addresses: bool,
}

impl Table {
    fn print(&self, out: &mut impl Write, items: &[OutboxItem], summary: &OutboxSummary) -> io::Result<()> {
        if let Some(pause) = &summary.pause {
            writeln!(out, "{}\n", super::paused(self.paint, pause, self.now))?;
        }
        if !items.is_empty() {
            let head = format!("{:<30}  {:<13}  {:<17}  {:<17}  {:>5}  for", "message", "state", "kind", "due (UTC)", "tries");
            writeln!(out, "{}", self.paint.dim(head))?;
        }
        for item in items {
            self.line(out, item, summary.pause.is_some())?;
        }
        if !items.is_empty() {
            writeln!(out)?;
        }
        writeln!(out, "{}", self.total(summary))
    }

    fn line(&self, out: &mut impl Write, item: &OutboxItem, is_paused: bool) -> io::Result<()> {
        let state = self.coloured(item.state, format!("{:<13}", item.state.as_str()));
        let due = format!("{:<17}", item.due_at.format("%Y-%m-%d %H:%M"));
        let due = if item.state.is_open() && item.due_at < self.now { self.paint.red(due) } else { due };
        let to = address(item.to.as_ref(), self.whole_addresses);
        let test = if item.is_test { self.paint.dim(" (test)") } else { String::new() };
        let (id, kind, tries, job) = (item.id, item.kind, item.tries, &item.job_title);
        writeln!(out, "{id}  {state}  {kind:<17}  {due}  {tries:>5}  {to}, {job}{test}")?;
        match self.why(item, is_paused) {
            Some(why) => writeln!(out, "{:<30}  {}", "", self.paint.dim(why)),
            None => Ok(()),
        }
    }

    /// What it is waiting for, or what became of it.
    fn why(&self, item: &OutboxItem, is_paused: bool) -> Option<String> {
        let failed = item.last_failure.as_ref().map(|failure| shortened(&failure.reason));
        let behind = |text: String| failed.as_ref().map_or_else(|| text.clone(), |failed| format!("{text}: {failed}"));
        match item.state {
            State::Waiting => Some("behind an earlier message to the same applicant".to_owned()),
            State::Scheduled => {
                let next = item.wake_at?;
                if is_paused && next <= self.now {
                    return Some(behind("goes out once the outbox is resumed".to_owned()));
                }
                let next = if next <= self.now { "now".to_owned() } else { away(next, self.now) };
                Some(behind(if item.tries == 0 { format!("goes out {next}") } else { format!("next try {next}") }))
            }
            State::Sending if item.cancel_requested => Some("with a worker, and asked back".to_owned()),
            State::Sending => Some("with a worker".to_owned()),
            State::Held => item.hold_reason.as_deref().map(|reason| shortened(&reason.replace('_', " "))),
            State::Undeliverable | State::Bounced => failed,
            State::Cancelled => item.cancel_words.clone().or_else(|| item.cancel_reason.clone()).map(|reason| shortened(&reason)),
            State::Sent => item.relay.as_ref().zip(item.settled_at).map(|(relay, at)| format!("taken by {relay} {}", away(at, self.now))),
        }
    }

    fn coloured(&self, state: State, text: String) -> String {
        match state {
            State::Held | State::Undeliverable | State::Bounced => self.paint.red(text),
            State::Scheduled | State::Waiting | State::Sending => self.paint.yellow(text),
            State::Sent => self.paint.green(text),
            State::Cancelled => self.paint.dim(text),
        }
    }

    fn total(&self, summary: &OutboxSummary) -> String {
        let some: Vec<String> =
            summary.counts.iter().filter(|(_, count)| *count > 0).map(|(state, count)| format!("{count} {state}")).collect();
        match (some.is_empty(), summary.oldest_due) {
            (true, _) => "outbox: nothing is owed".to_owned(),
            (false, None) => format!("outbox: {}", some.join(", ")),
            (false, Some(due)) => format!("outbox: {}; the oldest is due {}", some.join(", "), moment(due, self.now)),
        }
    }
}

fn shortened(text: &str) -> String {
    const MOST: usize = 100;
    if text.chars().count() <= MOST { text.to_owned() } else { text.chars().take(MOST - 1).chain(['…']).collect() }
}
