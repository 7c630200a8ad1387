//! Letters of every kind, as they are sent on a usual day and with nothing but what they need: for snapshots, previews and measurements.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use hearback_domain::{
    EmailAddress,
    application::{Stage, Status},
    ids::ApplicationId,
    locale::{Locale, StaffLocale},
    notification::{Kind, State},
    staff::{Cause, StaffKind, Stray, Waiting, Waits},
};

use crate::{
    Answers, DecisionItem, DigestItem, DigestItems, Face, Letter, StaffItem, StaffLetter, StaffNotice, StrayNotice, Wrote, WroteMessage,
};

/// 2026-11-23 09:30 UTC.
const APPLIED_AT: DateTime<Utc> = DateTime::from_timestamp(1_795_426_200, 0).expect("within chrono's range");

/// What is sent in each language, in its own words.
struct Words {
    applicant: &'static str,
    job_title: &'static str,
    organisation: &'static str,
    time_zone: Tz,
    on_the_way: &'static str,
    rejected: &'static str,
    /// Above a question of the applicant's.
    asked: &'static str,
}

const fn words(locale: Locale) -> Words {
    match locale {
        Locale::En => Words {
            applicant: "Zoë Ferreira",
            job_title: "Baker (early shift)",
            organisation: "Northwind Bakery",
            time_zone: Tz::Europe__Lisbon,
            on_the_way: "We liked your thoughts on sourdough a lot.\n\nMaria will call you to find a time.",
            rejected: "We had 40 applications for one place, and chose somebody who has run a night shift before.",
            asked: "A question about my application",
        },
        Locale::De => Words {
            applicant: "Mehmet Yıldız-Groß",
            job_title: "Bäcker (m/w/d), Frühschicht",
            organisation: "Bäckerei Nordwind",
            time_zone: Tz::Europe__Vienna,
            on_the_way: "Was Sie über Sauerteig schreiben, hat uns sehr gefallen.\n\nMaria Huber ruft Sie an, um einen Termin zu finden.",
            rejected: "Auf die eine Stelle kamen 40 Bewerbungen. Wir haben uns für jemanden entschieden, der schon eine Nachtschicht geleitet hat.",
            asked: "Eine Frage zu meiner Bewerbung",
        },
        Locale::Fr => Words {
            applicant: "Aïcha N’Diaye",
            job_title: "Boulanger / boulangère (matin)",
            organisation: "Fournil du Nord",
            time_zone: Tz::Europe__Paris,
            on_the_way: "Vos idées sur le levain nous ont beaucoup plu.\n\nMaria vous appellera pour convenir d’un rendez-vous.",
            rejected: "Nous avons reçu 40 candidatures pour un seul poste, et avons choisi une personne qui a déjà dirigé une équipe de nuit.",
            asked: "Une question sur ma candidature",
        },
        Locale::Es => Words {
            applicant: "María José Núñez",
            job_title: "Panadero/a (turno de mañana)",
            organisation: "Panadería Viento Norte",
            time_zone: Tz::America__Bogota,
            on_the_way: "Nos han gustado mucho sus ideas sobre la masa madre.\n\nMaría le llamará para acordar una hora.",
            rejected: "Recibimos 40 candidaturas para una sola plaza y hemos elegido a una persona que ya ha dirigido un turno de noche.",
            asked: "Una pregunta sobre mi candidatura",
        },
    }
}

/// Everything that a letter of this kind can have.
pub fn letter(kind: Kind, locale: Locale) -> Letter {
    let said = words(locale);
    match kind {
        Kind::Received => Letter { promised_by: Some(APPLIED_AT + TimeDelta::days(14)), ..plain(kind, locale) },
        Kind::StageChanged => Letter {
            stage: Some(Stage::Interview),
            words: Some(said.on_the_way.to_owned()),
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
        Kind::Rejected => Letter { words: Some(said.rejected.to_owned()), dated: APPLIED_AT + TimeDelta::days(20), ..plain(kind, locale) },
        Kind::Hired | Kind::Withdrawn => Letter { dated: APPLIED_AT + TimeDelta::days(20), ..plain(kind, locale) },
        Kind::Correction => Letter {
            stage: Some(Stage::Review),
            promised_by: Some(APPLIED_AT + TimeDelta::days(28)),
            dated: APPLIED_AT + TimeDelta::days(21),
            ..plain(kind, locale)
        },
        Kind::Message => Letter {
            words: Some(said.on_the_way.to_owned()),
            dated: APPLIED_AT + TimeDelta::days(1),
            answers: Some(Answers {
                subject: Some(said.asked.to_owned()),
                thread: vec!["<ntf_06daym9d01y3n6rybxn7s3cy00@northwind.example>".to_owned(), "<r1@example.org>".to_owned()],
            }),
            ..plain(kind, locale)
        },
    }
}

/// Only what a letter of this kind cannot do without.
pub fn bare_letter(kind: Kind, locale: Locale) -> Letter {
    let Letter { stage, promised_by, words, .. } = letter(kind, locale);
    let (stage, promised_by, words) = match kind {
        Kind::StageChanged => (stage, None, None),
        Kind::StillConsidering | Kind::NoDecision => (None, promised_by, None),
        Kind::Message => (None, None, words),
        Kind::Received | Kind::Rejected | Kind::Hired | Kind::Withdrawn | Kind::Correction => (None, None, None),
    };
    Letter { words, stage, promised_by, answers: None, ..letter(kind, locale) }
}

/// A mail to a person of the organisation, with more messages than it shows.
pub fn staff_letter(kind: StaffKind, locale: StaffLocale) -> StaffLetter {
    let Letter { face, time_zone, job_title, applicant_name, .. } = plain(Kind::Received, locale.into());
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
        StaffKind::ReplyWaiting => (Vec::new(), 1),
        StaffKind::Digest => (Vec::new(), 23),
    };
    let people = [Waits::Overdue, Waits::Undeliverable, Waits::Held, Waits::AtRisk, Waits::Undecided].iter().zip([4, 8, 0, 4, 8]);
    let person = |(how, last): (&Waits, u8)| DigestItem {
        waiting: Waiting {
            application: application(last),
            how: *how,
            since: APPLIED_AT,
            due_at: APPLIED_AT + TimeDelta::days(14),
            message: (*how != Waits::Undecided).then(|| message(last)),
        },
        applicant_name: applicant_name.clone(),
        job_title: job_title.clone(),
    };
    let digest = DigestItems {
        counts: [(Waits::Overdue, 1), (Waits::Undeliverable, 2), (Waits::Held, 1), (Waits::AtRisk, 4), (Waits::Undecided, 15)].into(),
        people: people.map(person).collect(),
    };
    StaffLetter {
        id: "stf_06daym9d01y3n6rybxn7s3cy04".parse().expect("the samples' id is valid"),
        kind,
        locale,
        to: address("maria@northwind.example"),
        redirect_to: None,
        face,
        items,
        decisions: Vec::new(),
        digest: (kind == StaffKind::Digest).then_some(digest),
        conversation: match kind {
            StaffKind::ReplyWaiting => Some(wrote(locale, false)),
            StaffKind::PromiseAtRisk | StaffKind::Undeliverable | StaffKind::Digest => None,
        },
        count,
        dated: APPLIED_AT + TimeDelta::hours(4),
        time_zone,
    }
}

/// A mail to a person of the organisation about applications that nobody decides about.
pub fn decisions_letter(locale: StaffLocale) -> StaffLetter {
    let letter = staff_letter(StaffKind::PromiseAtRisk, locale);
    let Letter { job_title, applicant_name, .. } = plain(Kind::Received, locale.into());
    let decision = |last, cause, status| DecisionItem {
        cause,
        application: application(last),
        applicant_name: applicant_name.clone(),
        job_title: job_title.clone(),
        status,
        due_at: APPLIED_AT + TimeDelta::days(60),
    };
    let decisions = vec![
        decision(4, Cause::Undecided, Status::Active),
        decision(8, Cause::StillUndecided, Status::Active),
        decision(0, Cause::Undecided, Status::Hired),
    ];
    StaffLetter { items: Vec::new(), decisions, count: 3, dated: APPLIED_AT + TimeDelta::days(45), ..letter }
}

fn application(last: u8) -> ApplicationId {
    format!("app_06daym9d01y3n6rybxn7s3cy0{last}").parse().expect("the samples' ids are valid")
}

/// An applicant's question, answered or late.
pub fn wrote(locale: StaffLocale, is_late: bool) -> StaffNotice {
    let Letter { job_title, applicant_name, .. } = plain(Kind::Received, locale.into());
    let message = WroteMessage {
        at: APPLIED_AT + TimeDelta::hours(3),
        from: Some("zoe@private.example".to_owned()),
        text: "Thank you!\n\nMay I bring my own *starter*?\n- It is 12 years old.\n# Zoë".to_owned(),
        files: vec!["Starter (1).jpg".to_owned()],
        left_out: 1,
    };
    StaffNotice::Wrote(Box::new(Wrote {
        is_late,
        applicant_name,
        applicant_email: address("zoe.ferreira@example.org"),
        job_title,
        answer_by: Some(APPLIED_AT + TimeDelta::days(3)),
        answer_to: Some(address("answer+token@northwind.example")),
        messages: vec![message],
        thread: vec!["<stf_06daym9d01y3n6rybxn7s3cy00@northwind.example>".to_owned(), "<r1@office.example>".to_owned()],
    }))
}

/// Mail that fits no conversation.
pub fn strays() -> StaffNotice {
    let stray = |why, sender: &str, guess: bool| StrayNotice {
        why,
        at: APPLIED_AT,
        sender: (!sender.is_empty()).then(|| sender.to_owned()),
        subject: guess.then(|| "About my application".to_owned()),
        words: "Is the job still open?".to_owned(),
        guess: guess.then(|| ("Zoë Ferreira".to_owned(), "Baker (early shift)".to_owned())),
    };
    StaffNotice::Stray(vec![stray(Stray::Unmatched, "zoe.ferreira@example.org", true), stray(Stray::Unknown, "", false)])
}

fn plain(kind: Kind, locale: Locale) -> Letter {
    let Words { applicant, job_title, organisation, time_zone, on_the_way: _, rejected: _, asked: _ } = words(locale);
    Letter {
        notification: "ntf_06daym9d01y3n6rybxn7s3cy04".parse().expect("the samples' id is valid"),
        kind,
        locale,
        applicant_name: applicant.to_owned(),
        to: address("zoe.ferreira@example.org"),
        redirect_to: None,
        job_title: job_title.to_owned(),
        face: Arc::new(Face {
            organisation: organisation.to_owned(),
            sender: address("jobs@northwind.example"),
            sender_name: organisation.to_owned(),
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
        time_zone,
        answers: None,
        trace: None,
    }
}

fn address(text: &str) -> EmailAddress {
    text.parse().expect("the samples' addresses are valid")
}
