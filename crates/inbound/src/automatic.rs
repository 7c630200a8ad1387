//! Mail that a machine wrote in a person's name. The rule that matters: it is never answered by a machine.

use crate::{
    bounce,
    mime::Part,
    phrases::{Phrases, phrases},
};

/// Fields of programs from before RFC 3834, and of those that never read it. `X-Auto-Response-Suppress` is not among them: it asks
/// that nothing automatic comes back, and Outlook puts it on what people write.
static FIELDS: Phrases = phrases!("automatic-fields");

/// How programs begin the subject, which they then go on with ours. In lower case.
static SUBJECTS: Phrases = phrases!("automatic-subjects");

const ROBOTS: &[&str] =
    &["noreply", "donotreply", "dontreply", "nepasrepondre", "nichtantworten", "noresponder", "autoreply", "autoresponder", "vacation"];

pub(crate) fn is_automatic(mail: &Part<'_>, envelope_from: Option<&str>) -> bool {
    let headers = &mail.headers;
    // RFC 3834, section 5: everything but "no". Parameters may follow.
    let submitted = headers.text("auto-submitted").map(|word| word.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
    if submitted.is_some_and(|word| !word.is_empty() && word != "no") {
        return true;
    }
    if FIELDS
        .iter()
        .any(|name| headers.text(name).is_some_and(|value| !matches!(value.to_ascii_lowercase().as_str(), "no" | "false" | "0" | "")))
    {
        return true;
    }
    let is =
        |name: &str, words: &[&str]| headers.text(name).is_some_and(|value| words.contains(&value.trim().to_ascii_lowercase().as_str()));
    if ["precedence", "x-precedence", "preference"]
        .iter()
        .any(|name| is(name, &["auto_reply", "auto-reply", "bulk", "junk", "autoreply", "vacation"]))
    {
        return true;
    }
    if headers.text("x-post-messageclass").is_some_and(|value| value.to_ascii_lowercase().contains("autoresponder")) {
        return true;
    }
    if mail.media.report_type.as_deref() == Some("disposition-notification")
        || mail.each().iter().any(|part| part.media.is("message/disposition-notification"))
    {
        return true;
    }
    if headers.addresses("delivered-to").iter().any(|to| to.to_ascii_lowercase().starts_with("autoresponder@")) {
        return true;
    }
    let is_robot = headers.addresses("from").iter().any(|from| {
        let local: String = from.split('@').next().unwrap_or_default().chars().filter(char::is_ascii_alphanumeric).collect();
        ROBOTS.contains(&local.to_ascii_lowercase().as_str())
    });
    is_robot || bounce::is_null_sender(mail, envelope_from) || (bounce::is_system(mail) && !headers.has("in-reply-to")) || says_so(mail)
}

/// By the subject. "Re: Automatic reply: …" is a person who answers one.
fn says_so(mail: &Part<'_>) -> bool {
    let subject = mail.headers.text("subject").unwrap_or_default().to_lowercase();
    let subject = subject.trim_start_matches(['[', '(', '"', '*', ' ', '【', '<']);
    SUBJECTS.iter().any(|phrase| {
        subject.strip_prefix(phrase).is_some_and(|rest| {
            let rest = rest.trim_start_matches([']', ')', '"', '*', '】', '>']);
            // "Out of office hours next week?" is a person's question.
            rest.is_empty()
                || phrase.ends_with(':')
                || rest.trim_start().starts_with([':', '-', '–', '—', '：', '(', '/', '|', '.', '!', ','])
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn automatic(head: &str) -> bool {
        is_automatic(&Part::read(format!("From: ada@x.example\n{head}\n\nHello\n").as_bytes()), None)
    }

    #[test]
    fn machines_are_known_by_their_headers() {
        for head in [
            "Auto-Submitted: auto-replied",
            "Auto-Submitted: auto-generated (vacation)",
            "auto-submitted: Auto-Notified; owner-email=x",
            "X-Autoreply: yes",
            "X-Autorespond: x",
            "Precedence: auto_reply",
            "Precedence: bulk",
            "Precedence: junk",
            "X-Vacation: yes",
            "Return-Path: <>",
            "Subject: Automatic reply: Your application",
            "Subject: =?utf-8?q?R=C3=A9ponse_automatique?= : x",
            "Subject: Abwesenheitsnotiz",
            "Subject: 自动回复: x",
            "Subject: Out of Office",
            "Content-Type: multipart/report; report-type=disposition-notification; boundary=x",
        ] {
            assert!(automatic(head), "{head}");
        }
        assert!(is_automatic(&Part::read(b"From: x@y.example\n\nx"), Some("<>")));
    }

    #[test]
    fn people_are_not_taken_for_machines() {
        for head in [
            "Auto-Submitted: no",
            "X-Auto-Response-Suppress: All",
            "X-Auto-Response-Suppress: OOF, AutoReply",
            "Subject: Re: Automatic reply: x",
            "Subject: Out of office hours next week?",
            "X-Mailer: Autopilot",
            "Precedence: normal",
            "Subject: Awayday",
        ] {
            assert!(!automatic(head), "{head}");
        }
    }
}
