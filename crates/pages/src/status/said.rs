//! What was said to the applicant, as it was sent, and what they wrote.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use hearback_domain::{
    conversation::Direction,
    locale::{Locale, long_date},
    notification::State,
};
use hearback_ledger::{Message, Notification};
use minijinja::{Value, context};

use crate::linked::pieces;

/// Both sides, the oldest first.
pub(super) fn conversation(locale: Locale, zone: Tz, messages: &[Notification], wrote: &[Message]) -> Vec<Value> {
    let ours = messages.iter().filter(|message| was_said(message.state)).filter_map(|message| said(locale, zone, message));
    let theirs = wrote.iter().filter(|message| message.direction == Direction::Received).map(|message| written(locale, zone, message));
    let mut all: Vec<(DateTime<Utc>, Value)> = ours.chain(theirs).collect();
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, value)| value).collect()
}

/// What they wrote themselves, whichever way.
fn written(locale: Locale, zone: Tz, message: &Message) -> (DateTime<Utc>, Value) {
    let at = message.at;
    let pieces = vec![context! { words => message.text.as_str(), link => false }];
    (at, context! { is_theirs => true, subject => "", pieces, at => at.to_rfc3339(), on => long_date(locale, at, zone) })
}

/// Only what a relay has taken was said: what is decided and waits is not. One that came back is shown as well, since it is what its reader
/// missed.
pub(super) const fn was_said(state: State) -> bool {
    match state {
        State::Sent | State::Bounced => true,
        State::Waiting | State::Scheduled | State::Sending | State::Undeliverable | State::Held | State::Cancelled => false,
    }
}

fn said(locale: Locale, zone: Tz, message: &Notification) -> Option<(DateTime<Utc>, Value)> {
    let (subject, text, at) = (message.subject.as_deref()?, message.text.as_deref()?, message.settled_at?);
    let text = flowing(text.trim());
    let pieces: Vec<Value> = pieces(&text).iter().map(|piece| context! { words => piece.words, link => piece.link }).collect();
    Some((at, context! { is_theirs => false, subject, pieces, at => at.to_rfc3339(), on => long_date(locale, at, zone) }))
}

/// As wide as the lines of our mails' text parts are at most.
const COLUMNS: usize = 76;

/// Without the line breaks that a mail has because lines end somewhere: those after which the next word had no room.
fn flowing(text: &str) -> String {
    let mut flowing = String::with_capacity(text.len());
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        flowing.push_str(line);
        let Some(next) = lines.peek() else { break };
        let word = next.split(' ').next().unwrap_or_default();
        let had_room = line.chars().count() + 1 + word.chars().count() <= COLUMNS;
        flowing.push(if line.is_empty() || word.is_empty() || had_room || [line, word].iter().any(|text| text.contains("://")) {
            '\n'
        } else {
            ' '
        });
    }
    flowing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_line_breaks_that_meant_nothing_are_gone() {
        let long = "word ".repeat(15);
        let wrapped = format!("{}\nanother one\n\nDear you,\nSee:\nhttps://example.com/s/{}\nrest", long.trim(), "a".repeat(60));
        let expected = format!("{}another one\n\nDear you,\nSee:\nhttps://example.com/s/{}\nrest", long, "a".repeat(60));
        assert_eq!(flowing(&wrapped), expected);
        assert_eq!(flowing(""), "");
    }
}
