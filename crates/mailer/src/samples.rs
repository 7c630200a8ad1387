//! One letter of every kind, as it is sent on a usual day: for snapshots, previews and measurements.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use hearback_domain::{
    EmailAddress,
    application::Stage,
    locale::Locale,
    notification::{Kind, State},
    staff::{Cause, StaffKind},
};

use crate::{Face, Letter, StaffItem, StaffLetter};

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
        Kind::NoDecision => Letter {
            stage: Some(Stage::Interview),
            promised_by: Some(APPLIED_AT + TimeDelta::days(74)),
            dated: APPLIED_AT + TimeDelta::days(60),
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

/// A mail to a person of the organisation, with more messages than it shows.
pub fn staff_letter(kind: StaffKind, locale: Locale) -> StaffLetter {
    let Letter { face, time_zone, job_title, applicant_name, .. } = plain(Kind::Received, locale);
    let message = |last: u8| format!("ntf_06daym9d01y3n6rybxn7s3cy0{last}").parse().expect("the samples' ids are valid");
    let item = |last, cause, kind, state, reason: &str| StaffItem {
        cause,
        message: message(last),
        applicant_name: applicant_name.clone(),
        job_title: job_title.clone(),
        kind,
        state,
        send_after: APPLIED_AT,
        reason: (!reason.is_empty()).then(|| reason.to_owned()),
    };
    let (items, count) = match kind {
        StaffKind::PromiseAtRisk => {
            let late = item(4, Cause::Late, Kind::Received, State::Scheduled, "452 4.2.2 The mailbox is full");
            let held = item(8, Cause::Held, Kind::Rejected, State::Held, "550 5.7.1 Message refused by policy <abuse@example.org>");
            let sent = item(0, Cause::Late, Kind::StageChanged, State::Sent, "");
            (vec![late, held, sent], 23)
        }
        StaffKind::Undeliverable => {
            (vec![item(4, Cause::Undeliverable, Kind::Received, State::Undeliverable, "550 5.1.1 No such user here")], 1)
        }
    };
    StaffLetter {
        id: "stf_06daym9d01y3n6rybxn7s3cy04".parse().expect("the samples' id is valid"),
        kind,
        locale,
        to: address("maria@northwind.example"),
        redirect_to: None,
        face,
        items,
        count,
        dated: APPLIED_AT + TimeDelta::hours(4),
        time_zone,
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
