//! One mail in, what it is out. The order is DESIGN's: what machines write for machines first, a person last.

use crate::{
    about, automatic,
    bounce::{self, Notice},
    challenge, dsn,
    explained::{Explained, Kind, Recipient},
    feedback,
    mime::Part,
    reply,
};

/// What the SMTP or LMTP dialogue said, if the mail came by one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Envelope<'a> {
    /// The envelope sender; `Some("")` is the empty one of notices.
    pub from: Option<&'a str>,
    pub to: &'a [&'a str],
}

/// A mail of which only the bytes are known. Any bytes will do; see [`crate::limits`] for how many of them are looked at.
pub fn explain(raw: &[u8]) -> Explained {
    explain_received(raw, Envelope::default())
}

pub fn explain_received(raw: &[u8], envelope: Envelope<'_>) -> Explained {
    let mail = Part::read(raw);
    if let Some(inner) = wrapped_report(&mail) {
        let outer = about::token(envelope.to, &mail.headers);
        let inner = explain_part(inner, envelope);
        return Explained { token: inner.token.or(outer), ..inner };
    }
    explain_part(&mail, envelope)
}

/// Gateways that look for viruses put a report of a mail system into a mail of their own. A person who forwards one is no mail system.
fn wrapped_report<'m, 'a>(mail: &'m Part<'a>) -> Option<&'m Part<'a>> {
    let inner = mail.each().into_iter().find_map(|part| part.mail.as_deref())?;
    let is_report = |part: &Part<'_>| part.media.report_type.as_deref() == Some("delivery-status");
    (bounce::is_system(mail) && bounce::is_system(inner) && is_report(inner) && dsn::read(mail).is_none()).then_some(inner)
}

fn explain_part(mail: &Part<'_>, envelope: Envelope<'_>) -> Explained {
    let notice = Notice::read(mail);
    let returned = about::returned(mail, None);
    // The enclosed mail if there is one, else what stands behind the notice.
    let given_back = returned.clone().or_else(|| about::returned(mail, notice.tail.as_deref()));
    let token = about::token(envelope.to, &mail.headers);

    let report = |kind, recipients: Vec<Recipient>| Explained {
        kind,
        recipients,
        message_id: about::message_id(given_back.as_ref(), &mail.headers).or_else(|| about::reported_id(mail)),
        token: token.clone(),
        text: None,
    };
    if let Some(recipients) = dsn::read(mail) {
        return report(Kind::Bounce, recipients);
    }
    if let Some(recipients) = feedback::read(mail, given_back.as_ref()) {
        return report(Kind::Complaint, recipients);
    }
    if let Some(recipients) = bounce::read(mail, envelope.from, &notice, given_back.as_ref()) {
        return report(Kind::Bounce, recipients);
    }

    let text = reply::text(mail);
    let automatic = automatic::is_automatic(mail, envelope.from);
    let kind = if challenge::is_challenge(mail, automatic, &notice.flat) {
        Kind::Challenge
    } else if automatic {
        Kind::AutoReply
    } else if is_somebodys(mail, &text) {
        Kind::Reply
    } else {
        Kind::Unknown
    };
    let answered = about::message_id(None, &mail.headers);
    let message_id = match kind {
        // An enclosed mail is what a person forwards, not what this one answers.
        Kind::Reply | Kind::Unknown => answered,
        Kind::Bounce | Kind::Complaint | Kind::AutoReply | Kind::Challenge => {
            answered.or_else(|| about::message_id(given_back.as_ref(), &mail.headers)).or_else(|| about::reported_id(mail))
        }
    };
    Explained { kind, recipients: Vec::new(), message_id, token, text: Some(text) }
}

/// A person has an address, and says something: in words or with what is enclosed.
fn is_somebodys(mail: &Part<'_>, text: &str) -> bool {
    let has_sender = !mail.headers.addresses("from").is_empty() || !mail.headers.addresses("sender").is_empty();
    has_sender && (!text.is_empty() || mail.each().len() > 1 || mail.headers.text("subject").is_some_and(|subject| !subject.is_empty()))
}
