//! What a person is told of one message, in each language.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use hearback_domain::{
    application::Status,
    locale::{StaffLocale, date_and_time, long_date},
    notification::{Kind, State},
    staff::{Cause, Stray, Waits},
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
        (_, Cause::Undecided | Cause::StillUndecided) => format!("{message} waits for a decision."),
    }
}

/// How an application stands that nobody decides about. `due` is none for a date that calendars do not have.
pub(crate) fn decision_phrase(locale: StaffLocale, cause: Cause, status: Status, due: Option<(DateTime<Utc>, Tz)>) -> String {
    if status.is_final() {
        return match locale {
            StaffLocale::En => "It has been decided since.".to_owned(),
        };
    }
    let so_far = match (locale, cause) {
        (StaffLocale::En, Cause::StillUndecided) => {
            "Nine tenths of the time for a decision are over, and the owner of the job was told before."
        }
        (StaffLocale::En, Cause::Undecided | Cause::Late | Cause::Held | Cause::Undeliverable | Cause::Bounced | Cause::Complained) => {
            "Three quarters of the time for a decision are over."
        }
    };
    match (locale, due) {
        (StaffLocale::En, None) => so_far.to_owned(),
        (StaffLocale::En, Some((at, zone))) => {
            let at = date_and_time(locale.into(), at, zone);
            format!("{so_far} It is due on {at}; without one, the applicant then hears from us automatically.")
        }
    }
}

/// How many applicants wait in a way.
pub(crate) fn sum_phrase(locale: StaffLocale, how: Waits, count: u64) -> String {
    let StaffLocale::En = locale;
    let wait = if count == 1 { "waits" } else { "wait" };
    match how {
        Waits::Overdue => format!("{count} should have had a word by now."),
        Waits::Undeliverable => format!("{count} cannot be reached by email."),
        Waits::Held => format!("{count} {wait} for a message that is held."),
        Waits::AtRisk => format!("{count} {wait} for a message that has not got through yet."),
        Waits::Undecided => format!("{count} {wait} for a decision whose time is running out."),
    }
}

pub(crate) fn since_phrase(locale: StaffLocale, since: Option<(DateTime<Utc>, Tz)>) -> String {
    match (locale, since) {
        (StaffLocale::En, Some((at, zone))) => format!("Has heard nothing since {}.", long_date(locale.into(), at, zone)),
        (StaffLocale::En, None) => "Has heard nothing for a long time.".to_owned(),
    }
}

/// How one applicant waits.
pub(crate) fn waits_phrase(locale: StaffLocale, how: Waits, due: Option<(DateTime<Utc>, Tz)>) -> String {
    let StaffLocale::En = locale;
    let by = due.map_or_else(String::new, |(at, zone)| format!(" by {}", long_date(locale.into(), at, zone)));
    match how {
        Waits::Overdue => format!("A word was promised{by}, and is not there."),
        Waits::Undeliverable => "Their address takes no email: please tell them in another way.".to_owned(),
        Waits::Held => "A message to them is held until a person lets it go.".to_owned(),
        Waits::AtRisk => format!("A message that is due{by} has not got through yet."),
        Waits::Undecided => format!("A decision is due{by}."),
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
        (StaffLocale::En, Kind::Message) => "What a person wrote to them",
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

/// Why mail that came in is in no conversation.
pub(crate) const fn stray_phrase(locale: StaffLocale, why: Stray) -> &'static str {
    match (locale, why) {
        (StaffLocale::En, Stray::Unmatched) => "It names none of our messages, so we do not know which application it is about.",
        (StaffLocale::En, Stray::Stranger) => {
            "It came to the address for an answer to an applicant, but not from an address of the people of the job. It was not passed on: if it is yours, send it again from the address that this job has for you."
        }
        (StaffLocale::En, Stray::Challenge) => "Their mail system holds our email back until a person does what it asks for here.",
        (StaffLocale::En, Stray::Unknown) => "We cannot say what it is.",
        (StaffLocale::En, Stray::NotForThem) => {
            "It came to the address for an answer to an applicant, and we could not tell your own words from what your program quotes. It was not passed on: please answer again, above what is quoted, or write to them yourself."
        }
        (StaffLocale::En, Stray::WithFiles) => {
            "It came to the address for an answer to an applicant, with files, which we cannot pass on. Nothing of it was: please answer again without them, or write to them yourself."
        }
        (StaffLocale::En, Stray::TooMany) => {
            "Too many emails went back and forth within the hour, as if two machines answered each other. It was not passed on."
        }
    }
}
