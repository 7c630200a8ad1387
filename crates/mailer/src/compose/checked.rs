//! What of a letter is fit to print.

use std::{borrow::Cow, time::SystemTime};

use chrono::Datelike;
use hearback_domain::{
    EmailAddress, conversation,
    ids::NotificationId,
    locale::{Locale, long_date, zone_name},
    notification::Kind,
    one_line::{InvalidLine, one_line},
    reply_token::Way,
    trace::Trace,
};

use super::{ComposeError, mail::Head};
use crate::{
    Face, Letter,
    render::{Values, stage_phrase},
};

/// Far above what forms accept: only a record that no form wrote is refused here.
const LONGEST_LINE: usize = 1_000;
const LONGEST_WORDS: usize = 50_000;

/// A letter whose values can be written into a mail. Records were checked when they came in; this is checked again because
/// imports, restores and repairs also write records, and a bad value in a header is somebody else's header.
pub(crate) struct Checked<'a> {
    notification: NotificationId,
    pub(super) kind: Kind,
    pub(super) locale: Locale,
    to: &'a EmailAddress,
    redirect_to: Option<&'a EmailAddress>,
    face: &'a Face,
    sender_name: String,
    dated: SystemTime,
    applicant_name: String,
    job_title: String,
    organisation: String,
    status_url: &'a str,
    received_on: String,
    stage: Option<&'static str>,
    words: Option<Cow<'a, str>>,
    promised_by: Option<String>,
    time_zone: String,
    trace: Option<&'a Trace>,
    reply_subject: Option<String>,
    thread: &'a [String],
}

impl<'a> Checked<'a> {
    pub(crate) fn from(letter: &'a Letter) -> Result<Self, ComposeError> {
        let Letter {
            notification,
            kind,
            locale,
            applicant_name,
            to,
            redirect_to,
            job_title,
            face,
            status_url,
            stage,
            words,
            promised_by,
            received_at,
            dated,
            time_zone,
            answers,
            trace,
        } = letter;
        if matches!(kind, Kind::StageChanged) && stage.is_none() {
            return Err(ComposeError::NoStage);
        }
        if matches!(kind, Kind::Message) && words.as_deref().is_none_or(|words| words.trim().is_empty()) {
            return Err(ComposeError::NoWords);
        }
        // A holding note without the date of the next word says nothing at all (P2).
        if matches!(kind, Kind::StillConsidering | Kind::NoDecision) && promised_by.is_none() {
            return Err(ComposeError::NoPromise);
        }
        // Outside these years, what writes the `Date` header panics, and so does a time zone at the calendar's ends.
        if [Some(dated), Some(received_at), promised_by.as_ref()].into_iter().flatten().any(|date| !(1970..=9999).contains(&date.year())) {
            return Err(ComposeError::Date);
        }
        Ok(Self {
            notification: *notification,
            kind: *kind,
            locale: *locale,
            to,
            redirect_to: redirect_to.as_ref(),
            face,
            sender_name: line("the sender's name", &face.sender_name)?,
            dated: SystemTime::from(*dated),
            applicant_name: line("the applicant's name", applicant_name)?,
            job_title: line("the job's title", job_title)?,
            organisation: line("the organisation's name", &face.organisation)?,
            status_url: plain_url(status_url)?,
            received_on: long_date(*locale, *received_at, *time_zone),
            stage: stage.map(|stage| stage_phrase(*locale, stage)),
            words: words.as_deref().map(words_as_text).transpose()?.filter(|words| !words.is_empty()),
            promised_by: promised_by.map(|date| long_date(*locale, date, *time_zone)),
            time_zone: zone_name(*locale, *time_zone),
            trace: trace.as_ref(),
            reply_subject: answers.as_ref().and_then(|answers| reply_subject(answers.subject.as_deref()?)),
            thread: answers.as_ref().map_or(&[], |answers| answers.thread.as_slice()),
        })
    }

    pub(super) fn head(&self) -> Head<'a> {
        let (reply_to, envelope_from) = self.return_addresses();
        Head {
            id: self.notification.to_string(),
            locale: self.locale,
            to: self.to,
            redirect_to: self.redirect_to,
            face: self.face,
            sender_name: self.sender_name.clone(),
            dated: self.dated,
            reply_to,
            envelope_from,
            trace: self.trace,
            thread: self.thread,
            // A person wrote it (RFC 3834, section 5).
            is_automatic: self.kind != Kind::Message,
        }
    }

    /// Where answers and bounces go.
    fn return_addresses(&self) -> (Cow<'a, EmailAddress>, Cow<'a, EmailAddress>) {
        let Face { reply_to, envelope_sender, reply_addresses, .. } = self.face;
        match reply_addresses {
            None => (Cow::Borrowed(reply_to), Cow::Borrowed(envelope_sender)),
            Some(addresses) => {
                let own = |way| Cow::Owned(addresses.address(way, self.notification));
                (own(Way::Reply), own(Way::Bounce))
            }
        }
    }

    pub(crate) fn values(&self) -> Values<'_> {
        Values {
            name: &self.applicant_name,
            job_title: &self.job_title,
            organisation: &self.organisation,
            status_url: self.status_url,
            received_on: &self.received_on,
            stage: self.stage,
            words: self.words.as_deref(),
            promised_by: self.promised_by.as_deref(),
            time_zone: &self.time_zone,
            reply_subject: self.reply_subject.as_deref(),
        }
    }
}

/// A stranger's subject, as an answer has it (RFC 5322, section 3.6.5); without one that can be printed, the letter has its own.
fn reply_subject(given: &str) -> Option<String> {
    const LONGEST: usize = 200;
    let given: String = given.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST).collect();
    one_line(&given, LONGEST).ok().map(|subject| conversation::reply_subject(&subject))
}

pub(super) fn line(field: &'static str, given: &str) -> Result<String, ComposeError> {
    // Before anything else looks at it: a name of a megabyte is not worth a scan.
    if given.len() > LONGEST_LINE * 4 {
        return Err(ComposeError::Line { field, reason: InvalidLine::TooLong(LONGEST_LINE) });
    }
    one_line(given, LONGEST_LINE).map_err(|reason| ComposeError::Line { field, reason })
}

/// Ours, so this only guards against a wrong base address in the configuration.
fn plain_url(url: &str) -> Result<&str, ComposeError> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).ok_or(ComposeError::StatusUrl)?;
    let plain = !rest.is_empty() && rest.len() < 1_000 && rest.bytes().all(|b| b.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&b));
    plain.then_some(url).ok_or(ComposeError::StatusUrl)
}

/// Tabs, and the line and page breaks that text pasted from a word processor brings along, become spaces and line breaks.
fn words_as_text(words: &str) -> Result<Cow<'_, str>, ComposeError> {
    let words = words.trim();
    if words.chars().count() > LONGEST_WORDS {
        return Err(ComposeError::WordsTooLong(LONGEST_WORDS));
    }
    let known = |c: char| matches!(c, '\t' | '\u{b}' | '\u{c}' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}');
    if words.chars().any(|c| c.is_control() && c != '\n' && !known(c)) {
        return Err(ComposeError::WordsHaveControlCharacter);
    }
    if !words.contains(known) {
        return Ok(Cow::Borrowed(words));
    }
    Ok(Cow::Owned(
        words
            .replace("\r\n", "\n")
            .replace(['\u{b}', '\r', '\u{85}', '\u{2028}'], "\n")
            .replace(['\u{c}', '\u{2029}'], "\n\n")
            .replace('\t', " "),
    ))
}
