//! What of a mail to staff is fit to print. One applicant's poison name must not keep a person from hearing of the others: what cannot be
//! printed is said to be so, and the rest is.

use std::{borrow::Cow, time::SystemTime};

use chrono::{DateTime, Datelike, Utc};
use chrono_tz::Tz;
use hearback_domain::{locale::date_and_time, one_line::one_line};

use super::{ComposeError, checked::line, mail::Head};
use crate::{
    DecisionItem, DigestItem, StaffItem, StaffLetter, StaffNotice, StrayNotice, Wrote, WroteMessage,
    render::{
        NoticeMessage, NoticeValue, StaffDecision, StaffValue, StaffValues, StaffWaiting, decision_phrase, since_phrase, staff_phrase,
        staff_reason, stray_phrase, sum_phrase, unprintable, waits_phrase,
    },
};

/// Far above what anybody reads of a server's answer.
const LONGEST_REASON: usize = 300;
const LONGEST_LINE: usize = 200;

pub(super) fn head(letter: &StaffLetter) -> Result<Head<'_>, ComposeError> {
    let StaffLetter {
        id,
        kind: _,
        locale,
        to,
        redirect_to,
        face,
        items: _,
        decisions: _,
        digest: _,
        conversation,
        count: _,
        dated,
        time_zone: _,
    } = letter;
    let wrote = conversation.as_ref().and_then(|notice| match notice {
        StaffNotice::Wrote(wrote) => Some(wrote),
        StaffNotice::Stray(_) => None,
    });
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
        // An answer goes to the applicant, if it can.
        reply_to: Cow::Borrowed(wrote.and_then(|wrote| wrote.answer_to.as_ref()).unwrap_or(&face.reply_to)),
        envelope_from: Cow::Borrowed(&face.envelope_sender),
        trace: None,
        is_automatic: true,
        thread: wrote.map_or(&[], |wrote| wrote.thread.as_slice()),
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
    let shown = letter.conversation.as_ref().map_or(items.len() + decisions.len() + waiting.len(), |notice| match notice {
        StaffNotice::Wrote(wrote) => wrote.messages.len(),
        StaffNotice::Stray(mails) => mails.len(),
    });
    let more = letter.count.saturating_sub(shown as u64);
    Ok(StaffValues {
        organisation,
        single: letter.count == 1,
        count: letter.count.to_string(),
        more: (more > 0).then(|| more.to_string()),
        items,
        decisions,
        sums,
        waiting,
        notice: letter.conversation.as_ref().map(|notice| notice_value(letter, notice)),
    })
}

fn notice_value(letter: &StaffLetter, notice: &StaffNotice) -> NoticeValue {
    let moment = |at: DateTime<Utc>| {
        let in_range = (1970..=9999).contains(&at.year());
        if in_range { date_and_time(letter.locale.into(), at, letter.time_zone) } else { unprintable(letter.locale).to_owned() }
    };
    let line = |given: &str| printed(letter, given);
    let foreign = |given: &str| flattened(letter, given, LONGEST_LINE);
    match notice {
        StaffNotice::Wrote(wrote) => {
            let Wrote { is_late, applicant_name, applicant_email, job_title, answer_by, answer_to, messages, thread: _ } = wrote.as_ref();
            let message = |WroteMessage { at, from, text, files, left_out }: &WroteMessage| NoticeMessage {
                at: moment(*at),
                from: from.as_deref().filter(|from| !from.eq_ignore_ascii_case(applicant_email.as_str())).map(foreign),
                text: paragraphs(text),
                files: files.iter().map(|file| foreign(file)).collect::<Vec<_>>().join(", "),
                left_out: (*left_out > 0).then(|| left_out.to_string()),
                subject: None,
                why: None,
                guess: None,
            };
            NoticeValue {
                late: *is_late,
                stray: false,
                name: line(applicant_name),
                email: applicant_email.to_string(),
                job: line(job_title),
                answer_by: answer_by.map(moment),
                answerable: answer_to.is_some(),
                messages: messages.iter().map(message).collect(),
            }
        }
        StaffNotice::Stray(mails) => {
            let mail = |StrayNotice { why, at, sender, subject, words, guess }: &StrayNotice| NoticeMessage {
                at: moment(*at),
                from: sender.as_deref().map(foreign),
                text: paragraphs(words),
                files: String::new(),
                left_out: None,
                subject: subject.as_deref().map(foreign),
                why: Some(stray_phrase(letter.locale, *why).to_owned()),
                guess: guess.as_ref().map(|(name, job)| format!("{}, {}", line(name), line(job))),
            };
            NoticeValue {
                late: false,
                stray: true,
                name: String::new(),
                email: String::new(),
                job: String::new(),
                answer_by: None,
                answerable: false,
                messages: mails.iter().map(mail).collect(),
            }
        }
    }
}

/// A stranger's text. What no letter can have was taken away when it came in; this is for records that came another way.
fn paragraphs(text: &str) -> String {
    let text: String = text.replace("\r\n", "\n").chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect();
    text.trim().to_owned()
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

/// What strangers and their servers write may have line ends in it, and is worth reading all the same.
fn flattened(letter: &StaffLetter, given: &str, most: usize) -> String {
    let given: String = given.chars().map(|c| if c.is_control() { ' ' } else { c }).take(most).collect();
    one_line(&given, most).unwrap_or_else(|_| unprintable(letter.locale).to_owned())
}

/// A time that calendars have, and whose it is.
fn sayable(letter: &StaffLetter, at: DateTime<Utc>) -> Option<(DateTime<Utc>, Tz)> {
    (1970..=9999).contains(&at.year()).then_some((at, letter.time_zone))
}

fn value(letter: &StaffLetter, item: &StaffItem) -> StaffValue {
    let StaffItem { cause, message, applicant_name, job_title, kind, state, send_after, reason } = item;
    let reason = reason.as_ref().map(|reason| flattened(letter, reason, LONGEST_REASON));
    StaffValue {
        name: printed(letter, applicant_name),
        job: printed(letter, job_title),
        what: staff_phrase(letter.locale, *cause, *kind, *state, sayable(letter, *send_after)),
        why: reason.map(|reason| staff_reason(letter.locale, &reason)),
        message: message.to_string(),
    }
}
