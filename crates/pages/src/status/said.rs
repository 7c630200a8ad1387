//! What was said to the applicant, as it was sent.

use chrono_tz::Tz;
use hearback_domain::{
    locale::{Locale, long_date},
    notification::State,
};
use hearback_ledger::Notification;
use minijinja::{Value, context};

use crate::linked::pieces;

/// Oldest first. Only what a relay has taken was said: what is decided and waits is not. One that came back is shown as well, since it is
/// what its reader missed.
pub(super) fn all(locale: Locale, zone: Tz, messages: &[Notification]) -> Vec<Value> {
    messages.iter().filter(|message| was_said(message.state)).filter_map(|message| said(locale, zone, message)).collect()
}

const fn was_said(state: State) -> bool {
    match state {
        State::Sent | State::Bounced => true,
        State::Waiting | State::Scheduled | State::Sending | State::Undeliverable | State::Held | State::Cancelled => false,
    }
}

fn said(locale: Locale, zone: Tz, message: &Notification) -> Option<Value> {
    let (subject, text, at) = (message.subject.as_deref()?, message.text.as_deref()?, message.settled_at?);
    let pieces: Vec<Value> = pieces(text.trim()).iter().map(|piece| context! { words => piece.words, link => piece.link }).collect();
    Some(context! { subject, pieces, at => at.to_rfc3339(), on => long_date(locale, at, zone) })
}
