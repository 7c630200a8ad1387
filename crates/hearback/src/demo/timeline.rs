//! Each applicant's story: what happened, and what they were told.

use std::io::{self, Write};

use chrono::{DateTime, TimeDelta, Utc};
use hearback_domain::{event::EventKind, ids::ApplicationId, notification::State};
use hearback_ledger::{Event, Notification};

use super::{cast::Person, place::Place};
use crate::terminal::Paint;

/// One line: when, what, and more about it.
struct Line {
    at: DateTime<Utc>,
    what: String,
    more: String,
}

pub(super) async fn print(place: &Place, applications: &[(&'static Person, ApplicationId)], paint: Paint) -> anyhow::Result<()> {
    let (ledger, mut out) = (place.ledger(), io::stdout());
    for (person, id) in applications {
        let application = ledger.application(*id).await?.ok_or_else(|| anyhow::anyhow!("{id} is not on record"))?;
        let standing = application.standing;
        let told = if standing.status == standing.shown_status { "as they were told" } else { "not told yet" };
        writeln!(out, "\n{}  {}", paint.bold(person.name), paint.dim(format!("{}; {}, {told}", person.job.title(), standing.status)))?;
        let mut lines: Vec<Line> = ledger.events(*id).await?.iter().map(event).collect();
        lines.extend(ledger.notifications(*id).await?.iter().map(|message| mail(message, paint)));
        // Stable: what happened comes before the mail that it owes.
        lines.sort_by_key(|line| line.at);
        for Line { at, what, more } in lines {
            writeln!(out, "  {:>8}  {what:<24}{more}", since(application.received_at, at))?;
        }
    }
    Ok(())
}

fn event(event: &Event) -> Line {
    let text = |key: &str| event.data[key].as_str().unwrap_or_default().to_owned();
    let by = event.actor.on_behalf_of.clone().map(|name| format!("by {name}")).unwrap_or_default();
    let (what, more) = match event.kind {
        EventKind::Submitted => ("applies".to_owned(), String::new()),
        EventKind::Imported => ("imported".to_owned(), by),
        EventKind::Moved => {
            let told = if event.data["tell"] == true { "" } else { ", without a word" };
            (format!("moved to {}", text("to")), format!("{by}{told}"))
        }
        EventKind::Rejected => ("rejected".to_owned(), format!("{by}: {}", text("reason").replace('_', " "))),
        EventKind::Unrejected => ("rejection taken back".to_owned(), by),
        EventKind::Hired => ("hired".to_owned(), by),
        EventKind::Withdrawn => ("withdrawn".to_owned(), String::new()),
        EventKind::Postponed => ("put off".to_owned(), by),
        EventKind::Interviewed => ("interviewed".to_owned(), by),
        EventKind::ToldOtherwise => ("told by a person".to_owned(), by),
        EventKind::Replied => ("the applicant writes".to_owned(), String::new()),
        EventKind::WrittenTo => ("a recruiter writes".to_owned(), by),
        EventKind::MarkedAsAnswered => ("marked as answered".to_owned(), by),
        EventKind::AddressCorrected => ("address corrected".to_owned(), by),
        EventKind::Complained => ("complained".to_owned(), "nothing more is sent but what a law asks for".to_owned()),
        EventKind::DecisionDue => ("decision due".to_owned(), "somebody was alerted".to_owned()),
        EventKind::NotTold => ("not told".to_owned(), "somebody was asked to act".to_owned()),
        EventKind::Merged => ("merged".to_owned(), by),
        EventKind::Unmerged => ("merger taken back".to_owned(), by),
        EventKind::ErasureAsked => ("to be erased".to_owned(), by),
        EventKind::Erased => ("data erased".to_owned(), String::new()),
        EventKind::PolicyChanged => ("policy changed".to_owned(), by),
        EventKind::NextWordDue => ("next word due".to_owned(), String::new()),
        EventKind::AcceptedAfterUndo => ("sent after all".to_owned(), "although it was taken back".to_owned()),
        EventKind::TakenBackInDoubt => ("taken back in doubt".to_owned(), "it may have been sent".to_owned()),
        EventKind::MessageRetried => ("tried again at once".to_owned(), by),
        EventKind::MessageReleased => ("released".to_owned(), by),
        EventKind::MessageCancelled => ("message cancelled".to_owned(), format!("{by}: {}", text("reason"))),
        EventKind::Corrected => ("corrected".to_owned(), by),
        EventKind::Repaired => ("repaired".to_owned(), "something owed was missing".to_owned()),
    };
    Line { at: event.at, what, more }
}

fn mail(message: &Notification, paint: Paint) -> Line {
    let reason = |reason: &Option<String>| reason.clone().unwrap_or_default().replace('_', " ");
    let more = match message.state {
        State::Sent => paint.green(message.subject.as_deref().unwrap_or_default()),
        State::Cancelled => paint.yellow(format!("not sent: {}", reason(&message.cancel_reason))),
        State::Held => paint.red(format!("held: {}", reason(&message.hold_reason))),
        State::Waiting | State::Scheduled | State::Sending | State::Bounced | State::Undeliverable => paint.red(message.state),
    };
    Line { at: message.settled_at.unwrap_or(message.send_after), what: format!("mail: {}", message.kind), more }
}

fn since(start: DateTime<Utc>, at: DateTime<Utc>) -> String {
    let after: TimeDelta = at - start;
    format!("{:.2} s", after.num_milliseconds() as f64 / 1_000.0)
}
