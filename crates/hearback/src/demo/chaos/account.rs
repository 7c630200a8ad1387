//! What each message went through, and what the relay has in its books.

use std::{
    collections::HashMap,
    io::{self, Write},
};

use hearback_domain::notification::State;
use hearback_ledger::{Ledger, Notification};

use super::{relay::Taken, story::Told};
use crate::terminal::Paint;

/// How many messages the relay never got.
pub(super) async fn print(ledger: &Ledger, told: &Told, paint: Paint) -> anyhow::Result<usize> {
    let (mut out, taken) = (io::stdout(), told.relay.taken());
    let mut copies: HashMap<&str, Vec<&Taken>> = HashMap::new();
    taken.iter().for_each(|one| copies.entry(&one.message_id).or_default().push(one));
    writeln!(out, "\n{}", paint.bold("What each acknowledgement went through"))?;
    let (mut lost, mut owed) = (0, 0);
    for (person, application) in &told.applications {
        for message in ledger.notifications(*application).await? {
            let of_it =
                copies.iter().find(|(message_id, _)| message_id.contains(&message.id.to_string())).map_or(0, |(_, copies)| copies.len());
            owed += 1;
            lost += usize::from(of_it == 0);
            let state = if message.state == State::Sent { paint.green("sent") } else { paint.red(message.state) };
            writeln!(out, "  {:<16}{state}  {}", person.name, paint.dim(history(&message, of_it)))?;
        }
    }
    let twice: Vec<&Vec<&Taken>> = copies.values().filter(|copies| copies.len() > 1).collect();
    let same = twice.iter().filter(|copies| copies.iter().all(|copy| copy.bytes == copies[0].bytes)).count();
    writeln!(out, "\n{}", paint.bold("In the relay's own books"))?;
    writeln!(out, "  {} messages taken, {} different ones of the {owed} that were owed: {lost} lost", taken.len(), copies.len())?;
    writeln!(out, "  {} came twice, {same} of them the same to the last byte\n", twice.len())?;
    Ok(lost)
}

fn history(message: &Notification, copies: usize) -> String {
    let tries: Vec<String> = message.tries.iter().map(|tried| tried.reason.clone()).collect();
    match (tries.is_empty(), message.maybe_sent) {
        (true, _) => "at the first try".to_owned(),
        (false, false) => format!("at try {}, after: {}", tries.len() + 1, tries.join("; ")),
        (false, true) => format!("{}; sent again, and the relay has {copies} copies", tries.join("; ")),
    }
}
