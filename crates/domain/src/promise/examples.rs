//! What the tests of the rules start from.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use uuid::Uuid;

use super::{Deadline, Facts, Message, NextWord, Standing};
use crate::{
    application::{Stage, Status},
    notification::{Kind, State},
    policy::Policy,
};

pub(crate) fn utc(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// Monday, 23 November 2026, ten in the morning in Berlin.
pub(super) fn monday() -> DateTime<Utc> {
    utc("2026-11-23T10:00:00+01:00")
}

/// An application that came in on that Monday, was acknowledged at once, and is in review.
pub(crate) fn in_review() -> Facts {
    let policy = Policy::default();
    let promised_by = monday() + policy.update_every;
    let standing = Standing {
        stage: Stage::Review,
        told_at: Some(monday()),
        promised_by: Some(promised_by),
        deadline: Some(Deadline::new(&policy, monday())),
        ..Standing::received()
    };
    let mut facts = with(standing);
    facts.standing.next_word = Some(NextWord::by(Kind::StillConsidering, promised_by, &facts, &policy, monday()));
    facts
}

pub(super) fn with(standing: Standing) -> Facts {
    Facts {
        standing,
        carried_by: None,
        has_address: true,
        capped_until: None,
        zone: Tz::Europe__Berlin,
        job_zone: Tz::Europe__Berlin,
        messages: vec![],
    }
}

/// The same, rejected, with the rejection in this state.
pub(super) fn rejected(state: State, told: bool) -> Facts {
    let mut facts = in_review();
    facts.standing.status = Status::Rejected;
    facts.standing.next_word = None;
    if told {
        facts.standing.shown_status = Status::Rejected;
    }
    facts.messages = vec![message(1, Kind::Rejected, state)];
    facts.messages.retain(Message::matters);
    facts
}

pub(crate) fn message(id: u128, kind: Kind, state: State) -> Message {
    let (send_after, due_at) = (utc("2026-11-25T10:00:00+01:00"), utc("2026-11-25T14:00:00+01:00"));
    Message {
        id: Uuid::from_u128(id).into(),
        kind,
        state,
        maybe_sent: false,
        stage: None,
        promised_by: None,
        send_after,
        due_at,
        answers_until: None,
    }
}
