//! One letter of every kind, as it is sent on a usual day: for snapshots, previews and measurements.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use hearback_domain::{EmailAddress, application::Stage, locale::Locale, notification::Kind};

use crate::{Face, Letter};

/// 2026-11-23 09:30 UTC.
const APPLIED_AT: DateTime<Utc> = DateTime::from_timestamp(1_795_426_200, 0).expect("within chrono's range");

pub fn letter(kind: Kind, locale: Locale) -> Letter {
    match kind {
        Kind::Received => Letter { promised_by: Some(APPLIED_AT + TimeDelta::days(14)), ..plain(kind, locale) },
        Kind::StageChanged => Letter {
            stage: Some(Stage::Interview),
            words: Some("We liked your thoughts on sourdough a lot.\n\nMaria will call you to find a time.".to_owned()),
            promised_by: Some(APPLIED_AT + TimeDelta::days(21)),
            dated: APPLIED_AT + TimeDelta::days(7),
            ..plain(kind, locale)
        },
        Kind::StillConsidering => Letter {
            stage: Some(Stage::Review),
            promised_by: Some(APPLIED_AT + TimeDelta::days(28)),
            dated: APPLIED_AT + TimeDelta::days(14),
            ..plain(kind, locale)
        },
        Kind::Rejected => Letter {
            words: Some("We had 40 applications for one place, and chose somebody who has run a night shift before.".to_owned()),
            dated: APPLIED_AT + TimeDelta::days(20),
            ..plain(kind, locale)
        },
        Kind::Hired | Kind::Withdrawn => Letter { dated: APPLIED_AT + TimeDelta::days(20), ..plain(kind, locale) },
        Kind::Correction => Letter {
            stage: Some(Stage::Review),
            promised_by: Some(APPLIED_AT + TimeDelta::days(28)),
            dated: APPLIED_AT + TimeDelta::days(21),
            ..plain(kind, locale)
        },
    }
}

fn plain(kind: Kind, locale: Locale) -> Letter {
    Letter {
        notification: "ntf_06daym9d01y3n6rybxn7s3cy04".parse().expect("the samples' id is valid"),
        kind,
        locale,
        applicant_name: "Zoë Ferreira".to_owned(),
        to: address("zoe.ferreira@example.org"),
        redirect_to: None,
        job_title: "Baker (early shift)".to_owned(),
        face: Arc::new(Face {
            organisation: "Northwind Bakery".to_owned(),
            sender: address("jobs@northwind.example"),
            sender_name: "Northwind Bakery Jobs".to_owned(),
            reply_to: address("people@northwind.example"),
            envelope_sender: address("people@northwind.example"),
            reply_addresses: None,
        }),
        status_url: "https://jobs.northwind.example/a/ady4x2kqm5wv7ztr3hp6nb2c8d".to_owned(),
        stage: None,
        words: None,
        promised_by: None,
        received_at: APPLIED_AT,
        dated: APPLIED_AT,
        time_zone: Tz::Europe__Lisbon,
    }
}

fn address(text: &str) -> EmailAddress {
    text.parse().expect("the samples' addresses are valid")
}
