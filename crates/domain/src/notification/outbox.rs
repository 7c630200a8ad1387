//! What a person may do to a message that is owed: one pure function over its state.

use chrono::{DateTime, Utc};

use super::State;
use crate::closed_set::closed_set;

closed_set! {
    /// What a person can do to a message.
    OutboxVerb, "outbox verb" {
        /// Do not wait for the next try: make it now.
        Retry = "retry",
        /// Send what was set aside.
        Release = "release",
        /// Do not send it.
        Cancel = "cancel",
    }
}

/// The message as a person finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InOutbox {
    pub state: State,
    /// Not before then, whoever asks.
    pub send_after: DateTime<Utc>,
    /// When it is tried next, if it is scheduled.
    pub wake_at: DateTime<Utc>,
    /// Somebody asked for it back while it was being sent.
    pub cancel_requested: bool,
}

/// What becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    /// It is as it was asked for already.
    Nothing,
    /// Its next try is now. The tries so far still count.
    DueNow,
    /// It is scheduled, to be sent from then on.
    Release { wake_at: DateTime<Utc> },
    /// It is not sent; [`crate::promise::Happening::CancelAsked`] says what follows.
    Cancel,
}

/// Why it stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutboxRefusal {
    #[error("{}", why_not(*.state, *.verb))]
    State { state: State, verb: OutboxVerb },
    /// The undo window, or a date that somebody set: retrying is for what failed.
    #[error("cannot retry: it is not to be sent before {}, and nothing has failed yet", send_after.format("%Y-%m-%d %H:%M UTC"))]
    NotBefore { send_after: DateTime<Utc> },
}

impl OutboxVerb {
    /// What makes sense for a message in this state.
    pub const fn possible(state: State) -> &'static [Self] {
        match state {
            State::Waiting | State::Sending => &[Self::Cancel],
            State::Scheduled => &[Self::Retry, Self::Cancel],
            State::Held => &[Self::Release, Self::Cancel],
            State::Sent | State::Bounced | State::Undeliverable | State::Cancelled => &[],
        }
    }
}

impl OutboxRefusal {
    /// What would make sense instead.
    pub const fn possible(self) -> &'static [OutboxVerb] {
        match self {
            Self::State { state, .. } => OutboxVerb::possible(state),
            Self::NotBefore { .. } => &[OutboxVerb::Cancel],
        }
    }
}

/// Decides what a person's word does to a message. Asking twice is no mistake.
pub fn decide(verb: OutboxVerb, found: InOutbox, now: DateTime<Utc>) -> Result<Does, OutboxRefusal> {
    let InOutbox { state, send_after, wake_at, cancel_requested } = found;
    match (verb, state) {
        (OutboxVerb::Retry, State::Scheduled) if send_after > now => Err(OutboxRefusal::NotBefore { send_after }),
        (OutboxVerb::Retry, State::Scheduled) if wake_at <= now => Ok(Does::Nothing),
        (OutboxVerb::Retry, State::Scheduled) => Ok(Does::DueNow),
        (OutboxVerb::Release, State::Held) => Ok(Does::Release { wake_at: send_after.max(now) }),
        (OutboxVerb::Cancel, State::Sending) if cancel_requested => Ok(Does::Nothing),
        (OutboxVerb::Cancel, State::Waiting | State::Scheduled | State::Sending | State::Held) => Ok(Does::Cancel),
        (OutboxVerb::Cancel, State::Cancelled) => Ok(Does::Nothing),
        (
            OutboxVerb::Retry,
            State::Waiting | State::Sending | State::Held | State::Sent | State::Bounced | State::Undeliverable | State::Cancelled,
        )
        | (
            OutboxVerb::Release,
            State::Waiting | State::Scheduled | State::Sending | State::Sent | State::Bounced | State::Undeliverable | State::Cancelled,
        )
        | (OutboxVerb::Cancel, State::Sent | State::Bounced | State::Undeliverable) => Err(OutboxRefusal::State { state, verb }),
    }
}

/// For whoever asked: how it stands, and what they can do.
fn why_not(state: State, verb: OutboxVerb) -> String {
    let stands = match state {
        State::Waiting => "it waits behind an earlier message to the same applicant, and goes out after that one",
        State::Scheduled => "it is scheduled already, and goes out by itself",
        State::Sending => "a worker is sending it right now; how that ends decides what becomes of it",
        State::Held => "it is held for a person",
        State::Sent => {
            "a relay has accepted it, and nothing calls a mail back; to take back a rejection, unreject it: a correction follows"
        }
        State::Bounced => "it was sent and came back: the address needs a person",
        State::Undeliverable => "the address refuses mail for good, so trying again would change nothing: it needs a person",
        State::Cancelled => "it was cancelled, and stays so",
    };
    let possible: Vec<&str> = OutboxVerb::possible(state).iter().map(|verb| verb.as_str()).collect();
    match possible[..] {
        [] => format!("cannot {verb}: {stands}"),
        _ => format!("cannot {verb}: {stands}. Possible now: {}", possible.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

    fn found(state: State) -> InOutbox {
        InOutbox { state, send_after: NOW - TimeDelta::hours(1), wake_at: NOW + TimeDelta::hours(1), cancel_requested: false }
    }

    #[test]
    fn what_is_said_to_be_possible_is_and_nothing_else() {
        for state in State::ALL {
            for verb in OutboxVerb::ALL {
                match decide(*verb, found(*state), NOW) {
                    Ok(Does::Nothing) => assert_eq!((*verb, *state), (OutboxVerb::Cancel, State::Cancelled)),
                    Ok(_) => assert!(OutboxVerb::possible(*state).contains(verb), "{verb} {state}"),
                    Err(refusal) => {
                        assert!(!refusal.possible().contains(verb), "{verb} {state}");
                        assert!(refusal.possible().iter().all(|verb| decide(*verb, found(*state), NOW).is_ok()));
                        let said = refusal.to_string();
                        assert!(refusal.possible().iter().all(|verb| said.contains(verb.as_str())), "{said}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_retry_never_shortens_an_undo_window() {
        let send_after = NOW + TimeDelta::hours(48);
        let in_window = InOutbox { send_after, wake_at: send_after, ..found(State::Scheduled) };
        assert_eq!(decide(OutboxVerb::Retry, in_window, NOW), Err(OutboxRefusal::NotBefore { send_after }));
    }

    #[test]
    fn neither_does_a_release() {
        let send_after = NOW + TimeDelta::hours(48);
        let held = InOutbox { send_after, ..found(State::Held) };
        assert_eq!(decide(OutboxVerb::Release, held, NOW), Ok(Does::Release { wake_at: send_after }));
        assert_eq!(decide(OutboxVerb::Release, found(State::Held), NOW), Ok(Does::Release { wake_at: NOW }));
    }

    #[test]
    fn asking_twice_is_no_mistake() {
        let due = InOutbox { wake_at: NOW, ..found(State::Scheduled) };
        assert_eq!(decide(OutboxVerb::Retry, due, NOW), Ok(Does::Nothing));
        let asked = InOutbox { cancel_requested: true, ..found(State::Sending) };
        assert_eq!(decide(OutboxVerb::Cancel, asked, NOW), Ok(Does::Nothing));
    }
}
