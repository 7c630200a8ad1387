//! What a person is told of one message, in each language.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use hearback_domain::{
    locale::{StaffLocale, date_and_time},
    notification::{Kind, State},
    staff::Cause,
};

/// How a message stands: why a person is told of it, and what became of it since.
pub(crate) fn staff_phrase(locale: StaffLocale, cause: Cause, kind: Kind, state: State, first_due: Option<(DateTime<Utc>, Tz)>) -> String {
    let message = message_phrase(locale, kind);
    match (state, cause) {
        (_, Cause::Complained) => {
            format!("{message} was reported as unwanted mail. Nothing more is sent to them, unless a law asks for it.")
        }
        (State::Sent, _) => format!("{message} has been taken by a mail server since."),
        (State::Cancelled, _) => format!("{message} has been cancelled since."),
        (_, Cause::Late) => match first_due {
            Some((at, zone)) => {
                let at = date_and_time(locale.into(), at, zone);
                format!("{message} was to go on {at}, and no mail server has taken it yet.")
            }
            None => format!("{message} should be out, and no mail server has taken it yet."),
        },
        (_, Cause::Held) => format!("{message} is held until a person lets it go."),
        (_, Cause::Undeliverable) => format!("{message} was refused by the address."),
        (_, Cause::Bounced) => format!("{message} was sent, and came back."),
    }
}

/// At the beginning of a sentence.
const fn message_phrase(locale: StaffLocale, kind: Kind) -> &'static str {
    match (locale, kind) {
        (StaffLocale::En, Kind::Received) => "The acknowledgement",
        (StaffLocale::En, Kind::StageChanged) => "The news that the application moved on",
        (StaffLocale::En, Kind::StillConsidering) => "The note that nothing is decided yet",
        (StaffLocale::En, Kind::NoDecision) => "The message that the decision is late",
        (StaffLocale::En, Kind::Rejected) => "The rejection",
        (StaffLocale::En, Kind::Hired) => "The message that they have the job",
        (StaffLocale::En, Kind::Withdrawn) => "The confirmation that they withdrew",
        (StaffLocale::En, Kind::Correction) => "The correction of a rejection",
    }
}

pub(crate) fn staff_reason(locale: StaffLocale, reason: &str) -> String {
    match locale {
        StaffLocale::En => format!("Reason: {reason}"),
    }
}

/// In the place of a name that would hide something from the reader.
pub(crate) const fn unprintable(locale: StaffLocale) -> &'static str {
    match locale {
        StaffLocale::En => "(cannot be printed)",
    }
}
