//! What of a mail to staff is fit to print. One applicant's poison name must not keep a person from hearing of the others: what cannot be
//! printed is said to be so, and the rest is.

use std::{borrow::Cow, time::SystemTime};

use chrono::Datelike;
use hearback_domain::one_line::one_line;

use super::{ComposeError, checked::line, mail::Head};
use crate::{
    StaffItem, StaffLetter,
    render::{StaffValue, StaffValues, staff_phrase, staff_reason, unprintable},
};

/// Far above what anybody reads of a server's answer.
const LONGEST_REASON: usize = 300;
const LONGEST_LINE: usize = 200;

pub(super) fn head(letter: &StaffLetter) -> Result<Head<'_>, ComposeError> {
    let StaffLetter { id, kind: _, locale, to, redirect_to, face, items: _, count: _, dated, time_zone: _ } = letter;
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
        trace: None,
    })
}

pub(super) fn values(letter: &StaffLetter) -> Result<StaffValues, ComposeError> {
    let organisation = line("the organisation's name", &letter.face.organisation)?;
    let items: Vec<StaffValue> = letter.items.iter().map(|item| value(letter, item)).collect();
    let more = letter.count.saturating_sub(items.len() as u64);
    Ok(StaffValues {
        organisation,
        single: letter.count == 1,
        count: letter.count.to_string(),
        more: (more > 0).then(|| more.to_string()),
        items,
    })
}

fn value(letter: &StaffLetter, item: &StaffItem) -> StaffValue {
    let StaffItem { cause, message, applicant_name, job_title, kind, state, send_after, reason } = item;
    let printed = |given: &str| {
        let given: String = given.chars().take(LONGEST_LINE).collect();
        one_line(&given, LONGEST_LINE).unwrap_or_else(|_| unprintable(letter.locale).to_owned())
    };
    let reason = reason.as_ref().map(|reason| {
        let shown: String = reason.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST_REASON).collect();
        one_line(&shown, LONGEST_REASON).unwrap_or_else(|_| unprintable(letter.locale).to_owned())
    });
    let is_in_range = (1970..=9999).contains(&send_after.year());
    StaffValue {
        name: printed(applicant_name),
        job: printed(job_title),
        what: staff_phrase(letter.locale, *cause, *kind, *state, is_in_range.then_some((*send_after, letter.time_zone))),
        why: reason.map(|reason| staff_reason(letter.locale, &reason)),
        message: message.to_string(),
    }
}
