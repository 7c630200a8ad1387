//! What one try to send a message leads to. Sending is an event like any other: this decides what becomes of the row.

use chrono::{DateTime, Utc};

use super::{MAYBE_SENT_PAUSE, RETRY_FOR, next_try};

/// How a try ended, as far as the ledger cares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The relay answered 2yz after the dot.
    Accepted { reply: String },
    /// Nothing was sent; try again up the ladder.
    Retry { reason: String },
    /// Our relay is away: nobody's try. The message waits until `resume_at`.
    RelayDown { reason: String, resume_at: DateTime<Utc> },
    /// The relay refuses us, not the applicant: our sender, our password. Nobody's try, and nobody is bounced for it. Everything
    /// is held off until `resume_at`, and the operator is paged.
    Configuration { reason: String, resume_at: DateTime<Utc> },
    /// The dot went out and no answer came back: it may have been sent.
    MaybeSent { reason: String },
    /// The address refuses mail for good.
    Undeliverable { reason: String },
    /// Not to be sent as it is: a person looks at it.
    Hold { reason: String },
}

/// The row as it stood while it was being sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tried {
    /// Tries made, this one included.
    pub tries: u32,
    /// The moment it could first go out: the ladder ends `RETRY_FOR` after it.
    pub send_after: DateTime<Utc>,
    /// A person took the message back while it was being sent.
    pub cancel_requested: bool,
    /// This try or an earlier one may have been sent.
    pub maybe_sent: bool,
}

/// What becomes of the row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    Sent,
    Again {
        wake_at: DateTime<Utc>,
        counts: bool,
        maybe_sent: bool,
    },
    Undeliverable,
    Held {
        reason: String,
        maybe_sent: bool,
    },
    /// Taken back in time; or, where nobody can know, taken back with a correction.
    Cancelled {
        owes_correction: bool,
    },
}

/// Decides what becomes of a message after one try.
///
/// `fraction` is a random number in `0.0..1.0` for the spread of the ladder.
pub fn settle(tried: Tried, outcome: &Outcome, now: DateTime<Utc>, fraction: f64) -> Settled {
    let Tried { tries, send_after, cancel_requested, maybe_sent } = tried;
    let maybe_sent = maybe_sent || matches!(outcome, Outcome::MaybeSent { .. });
    let again = match outcome {
        Outcome::Accepted { .. } => return Settled::Sent,
        Outcome::Retry { .. } => Settled::Again { wake_at: next_try(tries, now, fraction), counts: true, maybe_sent },
        Outcome::MaybeSent { .. } => Settled::Again { wake_at: now + MAYBE_SENT_PAUSE, counts: true, maybe_sent },
        Outcome::RelayDown { resume_at, .. } | Outcome::Configuration { resume_at, .. } => {
            Settled::Again { wake_at: *resume_at, counts: false, maybe_sent }
        }
        Outcome::Undeliverable { .. } => Settled::Undeliverable,
        Outcome::Hold { reason } => Settled::Held { reason: reason.clone(), maybe_sent },
    };
    if cancel_requested {
        return Settled::Cancelled { owes_correction: maybe_sent };
    }
    match again {
        Settled::Again { wake_at, counts: true, .. } if wake_at > send_after + RETRY_FOR => {
            Settled::Held { reason: format!("given up after {tries} tries over 5 days"), maybe_sent }
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

    fn tried() -> Tried {
        Tried { tries: 1, send_after: NOW, cancel_requested: false, maybe_sent: false }
    }

    fn retry() -> Outcome {
        Outcome::Retry { reason: "450 4.2.0 greylisted".into() }
    }

    fn maybe() -> Outcome {
        Outcome::MaybeSent { reason: "no answer after the dot".into() }
    }

    #[test]
    fn an_acceptance_is_sent_even_when_it_was_to_be_taken_back() {
        let outcome = Outcome::Accepted { reply: "250 2.0.0 queued".into() };
        assert_eq!(settle(Tried { cancel_requested: true, ..tried() }, &outcome, NOW, 0.5), Settled::Sent);
    }

    #[test]
    fn a_retry_that_was_taken_back_is_cancelled_without_a_correction() {
        assert_eq!(settle(Tried { cancel_requested: true, ..tried() }, &retry(), NOW, 0.5), Settled::Cancelled { owes_correction: false });
    }

    #[test]
    fn a_doubtful_send_that_was_taken_back_owes_a_correction() {
        assert_eq!(settle(Tried { cancel_requested: true, ..tried() }, &maybe(), NOW, 0.5), Settled::Cancelled { owes_correction: true });
        assert_eq!(
            settle(Tried { cancel_requested: true, maybe_sent: true, ..tried() }, &retry(), NOW, 0.5),
            Settled::Cancelled { owes_correction: true }
        );
    }

    #[test]
    fn doubt_stays_with_the_message_over_later_retries() {
        let Settled::Again { maybe_sent, .. } = settle(Tried { maybe_sent: true, ..tried() }, &retry(), NOW, 0.5) else {
            panic!("retried")
        };
        assert!(maybe_sent);
    }

    #[test]
    fn a_relay_that_is_away_costs_no_try_and_never_ends_the_ladder() {
        let late = NOW + RETRY_FOR * 2;
        let outcome = Outcome::RelayDown { reason: "connection refused".into(), resume_at: late };
        assert_eq!(settle(tried(), &outcome, late, 0.5), Settled::Again { wake_at: late, counts: false, maybe_sent: false });
    }

    #[test]
    fn trouble_of_our_own_costs_no_try_and_never_ends_the_ladder() {
        let late = NOW + RETRY_FOR * 2;
        let outcome = Outcome::Configuration { reason: "535 5.7.8 wrong password".into(), resume_at: late };
        assert_eq!(settle(tried(), &outcome, late, 0.5), Settled::Again { wake_at: late, counts: false, maybe_sent: false });
        assert_eq!(
            settle(Tried { cancel_requested: true, ..tried() }, &outcome, NOW, 0.5),
            Settled::Cancelled { owes_correction: false },
            "taken back while it waited for us"
        );
    }

    #[test]
    fn after_five_days_a_message_is_held_with_the_reason_not_dropped() {
        let late = NOW + RETRY_FOR;
        assert!(matches!(settle(Tried { tries: 30, ..tried() }, &retry(), late, 0.5), Settled::Held { .. }));
    }
}
