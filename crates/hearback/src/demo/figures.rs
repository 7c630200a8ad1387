//! What it comes to, in numbers.

use std::{
    collections::HashMap,
    io::{self, Write},
};

use chrono::TimeDelta;
use hearback_domain::notification::{Kind, State};
use hearback_ledger::Page;

use super::{place::Place, story::Told};
use crate::terminal::Paint;

/// More mails than the story has.
const ALL: u64 = 1_000;

pub(super) async fn print(place: &Place, told: &Told, paint: Paint) -> anyhow::Result<()> {
    let ledger = place.ledger();
    let (mut sent, mut cancelled, mut acknowledged) = (0, 0, Vec::new());
    for (_, id) in &told.applications {
        let received_at = ledger.application(*id).await?.ok_or_else(|| anyhow::anyhow!("{id} is not on record"))?.received_at;
        for message in ledger.notifications(*id).await? {
            sent += usize::from(message.state == State::Sent);
            cancelled += usize::from(message.state == State::Cancelled);
            if let (Kind::Received, State::Sent, Some(at)) = (message.kind, message.state, message.settled_at) {
                acknowledged.push(at - received_at);
            }
        }
    }
    acknowledged.sort_unstable();
    let mails = ledger.captured_mails(Page { after: None, limit: ALL }).await?;
    let mut copies: HashMap<&str, usize> = HashMap::new();
    mails.iter().for_each(|kept| *copies.entry(&kept.mail.message_id).or_default() += 1);

    let repeated: usize = copies.values().map(|copies| copies - 1).sum();

    let mut out = io::stdout();
    writeln!(out, "\n{}", paint.bold("Figures"))?;
    let mut line = |label: &str, value: String| writeln!(out, "  {label:<16}{value}");
    line("applications", format!("{} answered with 201", told.applications.len()))?;
    line("acknowledged", format!("{}{}", acknowledged.len(), median(&acknowledged)))?;
    line("mails", format!("{sent} sent, {cancelled} taken back before it went out, {repeated} sent twice"))?;
    line("worker", format!("killed once, with {} messages owed", told.owed_without_worker))?;
    writeln!(out)?;
    Ok(())
}

fn median(sorted: &[TimeDelta]) -> String {
    sorted.get(sorted.len() / 2).map(|middle| format!(", half of them within {} ms", middle.num_milliseconds())).unwrap_or_default()
}
