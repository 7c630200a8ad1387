//! Whether a mail is a notice of a mail system, and not a person's mail about one.

use super::wordings::{self, Verdict};
use crate::mime::Part;

/// RFC 5321, section 4.5.5: notices are sent with an empty envelope sender, so that they are never answered by notices.
pub(crate) fn is_null_sender(mail: &Part<'_>, envelope_from: Option<&str>) -> bool {
    match envelope_from {
        Some(from) => from.trim_matches(['<', '>', ' ']).is_empty(),
        None => {
            mail.headers.text("return-path").is_some_and(|path| path.chars().filter(|c| !c.is_whitespace()).collect::<String>() == "<>")
        }
    }
}

/// Whether the From field is that of a mail system.
pub(crate) fn is_system(mail: &Part<'_>) -> bool {
    let from = mail.headers.text("from").unwrap_or_default().to_lowercase();
    let locals = mail.headers.addresses("from").into_iter().chain(mail.headers.addresses("sender")).collect::<Vec<_>>();
    let is_local = locals.iter().any(|address| {
        let local = address.split('@').next().unwrap_or_default().to_lowercase();
        wordings::SYSTEM_SENDERS.iter().any(|name| local == *name || local.replace(['-', '_', '.'], "") == *name)
    });
    is_local || wordings::SYSTEM_NAMES.iter().any(|name| from.contains(name))
}

/// The sender, the subject, the words, what is enclosed: the more the sender is a person, the more of the others it takes.
pub(super) fn is_notice(mail: &Part<'_>, envelope_from: Option<&str>, verdict: Option<Verdict>, returns_mail: bool) -> bool {
    let headers = &mail.headers;
    if wordings::HEADERS.iter().any(|name| headers.has(name)) {
        return true;
    }
    let subject = headers.text("subject").unwrap_or_default().to_lowercase();
    // "Re: Undeliverable: …" is a person's answer to a notice; "Re: Your mail: not delivered" is a notice about an answer.
    let answered = wordings::ANSWER_MARKS.iter().find_map(|mark| subject.strip_prefix(mark)).map(str::trim_start);
    let is_answer = answered.is_some();
    let mut phrases = wordings::SUBJECTS.iter().chain(wordings::SUBJECTS_DELAYED.iter().copied());
    let by_subject = phrases.any(|phrase| subject.contains(phrase) && !answered.is_some_and(|rest| rest.starts_with(phrase)));
    let is_report = mail.media.is("multipart/report") && mail.media.report_type.as_deref().is_none_or(|kind| kind == "delivery-status");
    let certain = verdict.is_some_and(|verdict| verdict.certain);
    let answers_us = headers.has("in-reply-to") || is_answer;

    if is_system(mail) {
        by_subject || is_report || certain || (verdict.is_some() && !headers.has("in-reply-to"))
    } else if is_null_sender(mail, envelope_from) {
        // "This address is no longer valid" is said by absence notes as well, which have an empty sender, too.
        by_subject || certain || is_report
    } else if is_report {
        by_subject || verdict.is_some() || returns_mail
    } else {
        // From an address like a person's: somebody who answers us may quote a notice, or have the word delivery in the subject since
        // that is the job.
        certain && if answers_us { by_subject && !headers.has("in-reply-to") } else { by_subject || returns_mail }
    }
}
