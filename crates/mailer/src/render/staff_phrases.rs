//! What a person is told of one message, in each language.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use hearback_domain::{
    locale::Locale,
    notification::{Kind, State},
    staff::Cause,
};

/// How a message stands: why a person is told of it, and what became of it since.
pub(crate) fn staff_phrase(locale: Locale, cause: Cause, kind: Kind, state: State, first_due: Option<(DateTime<Utc>, Tz)>) -> String {
    let Locale::En = locale;
    let message = message_phrase(locale, kind);
    match (state, cause) {
        (State::Sent, _) => format!("{message} has been taken by a mail server since."),
        (State::Cancelled, _) => format!("{message} has been cancelled since."),
        (_, Cause::Late) => match first_due {
            Some((at, zone)) => {
                let at = at.with_timezone(&zone).format("%A, %-d %B %Y at %H:%M");
                format!("{message} was to go on {at} ({zone}), and no mail server has taken it yet.")
            }
            None => format!("{message} should be out, and no mail server has taken it yet."),
        },
        (_, Cause::Held) => format!("{message} is held until a person lets it go."),
        (_, Cause::Undeliverable) => format!("{message} was refused by the address."),
        (_, Cause::Bounced) => format!("{message} was sent, and came back."),
    }
}

/// At the beginning of a sentence.
const fn message_phrase(locale: Locale, kind: Kind) -> &'static str {
    match (locale, kind) {
        (Locale::En, Kind::Received) => "The acknowledgement",
        (Locale::En, Kind::StageChanged) => "The news that the application moved on",
        (Locale::En, Kind::StillConsidering) => "The note that nothing is decided yet",
        (Locale::En, Kind::NoDecision) => "The message that the decision is late",
        (Locale::En, Kind::Rejected) => "The rejection",
        (Locale::En, Kind::Hired) => "The message that they have the job",
        (Locale::En, Kind::Withdrawn) => "The confirmation that they withdrew",
        (Locale::En, Kind::Correction) => "The correction of a rejection",
    }
}

pub(crate) fn staff_reason(locale: Locale, reason: &str) -> String {
    match locale {
        Locale::En => format!("Reason: {reason}"),
    }
}

/// In the place of a name that would hide something from the reader.
pub(crate) const fn unprintable(locale: Locale) -> &'static str {
    match locale {
        Locale::En => "(cannot be printed)",
    }
}
