//! What of a mail to staff is fit to print. One applicant's poison name must not keep a person from hearing of the others: what cannot be
//! printed is said to be so, and the rest is.

use std::{borrow::Cow, time::SystemTime};

use chrono::{DateTime, Datelike, Utc};
use chrono_tz::Tz;
use hearback_domain::one_line::one_line;

use super::{ComposeError, checked::line, mail::Head};
use crate::{
    DecisionItem, DigestItem, StaffItem, StaffLetter,
    render::{
        StaffDecision, StaffValue, StaffValues, StaffWaiting, decision_phrase, since_phrase, staff_phrase, staff_reason, sum_phrase,
        unprintable, waits_phrase,
    },
};

/// Far above what anybody reads of a server's answer.
const LONGEST_REASON: usize = 300;
const LONGEST_LINE: usize = 200;

pub(super) fn head(letter: &StaffLetter) -> Result<Head<'_>, ComposeError> {
    let StaffLetter { id, kind: _, locale, to, redirect_to, face, items: _, decisions: _, digest: _, count: _, dated, time_zone: _ } =
        letter;
    if !(1970..=9999).contains(&dated.year()) {
        return Err(ComposeError::Date);
    }
    Ok(Head {
        id: id.to_string(),
        locale: (*locale).into(),
        to,
        redirect_to: redirect_to.as_ref(),
        face,
        sender_name: line("the sender's name", &face.sender_name)?,
        dated: SystemTime::from(*dated),
        reply_to: Cow::Borrowed(&face.reply_to),
        envelope_from: Cow::Borrowed(&face.envelope_sender),
    })
}

pub(super) fn values(letter: &StaffLetter) -> Result<StaffValues, ComposeError> {
    let organisation = line("the organisation's name", &letter.face.organisation)?;
    let items: Vec<StaffValue> = letter.items.iter().map(|item| value(letter, item)).collect();
    let decisions: Vec<StaffDecision> = letter.decisions.iter().map(|item| decision(letter, item)).collect();
    let (sums, waiting): (Vec<String>, Vec<StaffWaiting>) = letter.digest.as_ref().map_or_else(Default::default, |digest| {
        let sum = |(how, count): (&_, &u64)| sum_phrase(letter.locale, *how, *count);
        (digest.counts.iter().map(sum).collect(), digest.people.iter().map(|person| waits(letter, person)).collect())
    });
    let more = letter.count.saturating_sub((items.len() + decisions.len() + waiting.len()) as u64);
    Ok(StaffValues {
        organisation,
        single: letter.count == 1,
        count: letter.count.to_string(),
        more: (more > 0).then(|| more.to_string()),
        items,
        decisions,
        sums,
        waiting,
    })
}

fn decision(letter: &StaffLetter, item: &DecisionItem) -> StaffDecision {
    let DecisionItem { cause, application, applicant_name, job_title, status, due_at } = item;
    StaffDecision {
        name: printed(letter, applicant_name),
        job: printed(letter, job_title),
        what: decision_phrase(letter.locale, *cause, *status, sayable(letter, *due_at)),
        path: format!("/v1/applications/{application}"),
    }
}

fn waits(letter: &StaffLetter, item: &DigestItem) -> StaffWaiting {
    let DigestItem { waiting, applicant_name, job_title } = item;
    let message = waiting.message.map_or_else(String::new, |message| format!(" ({message})"));
    StaffWaiting {
        name: printed(letter, applicant_name),
        job: printed(letter, job_title),
        since: since_phrase(letter.locale, sayable(letter, waiting.since)),
        what: waits_phrase(letter.locale, waiting.how, sayable(letter, waiting.due_at)),
        path: format!("/v1/applications/{}{message}", waiting.application),
    }
}

fn printed(letter: &StaffLetter, given: &str) -> String {
    let given: String = given.chars().take(LONGEST_LINE).collect();
    one_line(&given, LONGEST_LINE).unwrap_or_else(|_| unprintable(letter.locale).to_owned())
}

/// A time that calendars have, and whose it is.
fn sayable(letter: &StaffLetter, at: DateTime<Utc>) -> Option<(DateTime<Utc>, Tz)> {
    (1970..=9999).contains(&at.year()).then_some((at, letter.time_zone))
}

fn value(letter: &StaffLetter, item: &StaffItem) -> StaffValue {
    let StaffItem { cause, message, applicant_name, job_title, kind, state, send_after, reason } = item;
    let reason = reason.as_ref().map(|reason| {
        let shown: String = reason.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST_REASON).collect();
        one_line(&shown, LONGEST_REASON).unwrap_or_else(|_| unprintable(letter.locale).to_owned())
    });
    StaffValue {
        name: printed(letter, applicant_name),
        job: printed(letter, job_title),
        what: staff_phrase(letter.locale, *cause, *kind, *state, sayable(letter, *send_after)),
        why: reason.map(|reason| staff_reason(letter.locale, &reason)),
        message: message.to_string(),
    }
}
