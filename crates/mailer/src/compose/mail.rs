//! A rendered letter as a mail (RFC 5322, MIME).

use std::{borrow::Cow, time::SystemTime};

use hearback_domain::{EmailAddress, locale::Locale, trace::Trace};
use lettre::{
    Address, Message,
    address::Envelope,
    message::{
        Body, Mailbox, MultiPart, SinglePart,
        header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue},
    },
};
use sha2::{Digest, Sha256};

use super::{ComposeError, Composed};
use crate::{Face, render::Rendered};

/// What stands above a letter.
pub(super) struct Head<'a> {
    /// Names the mail: its Message-ID and its boundary are made from it.
    pub(super) id: String,
    pub(super) locale: Locale,
    pub(super) to: &'a EmailAddress,
    /// Gets the mail instead, and sees whose it is.
    pub(super) redirect_to: Option<&'a EmailAddress>,
    pub(super) face: &'a Face,
    pub(super) sender_name: String,
    pub(super) dated: SystemTime,
    pub(super) reply_to: Cow<'a, EmailAddress>,
    pub(super) envelope_from: Cow<'a, EmailAddress>,
    pub(super) trace: Option<&'a Trace>,
    /// Not what a person wrote.
    pub(super) is_automatic: bool,
    /// The mails of the conversation before it, the oldest first; it answers the last (RFC 5322, section 3.6.4).
    pub(super) thread: &'a [String],
}

pub(super) fn build(letter: &Head<'_>, rendered: Rendered<'_>) -> Result<Composed, ComposeError> {
    let Rendered { subject, text, html, template_version } = rendered;
    let Head { id, locale, to, redirect_to, face, sender_name, dated, reply_to, envelope_from, thread, trace, is_automatic } = letter;
    let message_id = format!("<{id}@{}>", face.sender.domain());
    let parts = MultiPart::builder()
        .header(alternative(&format!("hearback-{id}"))?)
        .singlepart(part(ContentType::TEXT_PLAIN, text.clone()))
        .singlepart(part(ContentType::TEXT_HTML, html));
    let recipient = redirect_to.unwrap_or(to);
    let subject = match redirect_to {
        None => subject,
        Some(_) => format!("[for {to}] {subject}"),
    };
    let to_address = address("recipient's", recipient)?;
    // Whoever hands it over has its own; without one, lettre would read these headers again to make it.
    let envelope = Envelope::new(None, vec![to_address.clone()]).map_err(|error| ComposeError::Build(error.to_string()))?;
    let mut headers = Message::builder()
        .envelope(envelope)
        .message_id(Some(message_id.clone()))
        .date(*dated)
        .from(Mailbox::new(Some(sender_name.clone()), address("sender", &face.sender)?))
        .reply_to(address("reply", reply_to)?.into())
        .to(to_address.into())
        .subject(subject.as_str());
    if let Some(answered) = thread.last() {
        headers = headers.in_reply_to(answered.clone()).references(thread.join(" "));
    }
    headers = headers.raw_header(header("Content-Language", locale.as_str()));
    if *is_automatic {
        // RFC 3834, section 5: so that nobody's out-of-office note answers this.
        headers = headers.raw_header(header("Auto-Submitted", "auto-generated"));
    }
    headers = headers
        // The same for Exchange, which does not know RFC 3834 (MS-OXCMAIL, section 2.1.3.2.20).
        .raw_header(header("X-Auto-Response-Suppress", "OOF, AutoReply"));
    if redirect_to.is_some() {
        headers = headers.raw_header(header("X-Hearback-Recipient", &to.to_string()));
    }
    if let Some(request_id) = trace.and_then(Trace::request_id) {
        headers = headers.raw_header(header("X-Request-Id", request_id));
    }
    if let Some(traceparent) = trace.and_then(Trace::traceparent) {
        headers = headers.raw_header(header("traceparent", traceparent));
    }
    let message = headers.multipart(parts).map_err(|error| ComposeError::Build(error.to_string()))?;
    let raw = message.formatted();
    Ok(Composed {
        message_id,
        envelope_from: envelope_from.clone().into_owned(),
        to: recipient.clone(),
        subject,
        text,
        sha256: Sha256::digest(&raw).into(),
        raw,
        template_version: template_version.to_owned(),
    })
}

/// The longest line that mail may have, its end aside (RFC 5322, section 2.1.1).
const LONGEST_LINE: usize = 998;

/// As it is where mail can carry that, which is smaller and can be read in its source; encoded otherwise.
fn part(kind: ContentType, content: String) -> SinglePart {
    let content = if content.contains('\r') { content } else { content.replace('\n', "\r\n") };
    let body = match is_plain(content.as_bytes()) {
        true => Body::dangerous_pre_encoded(content.into_bytes(), ContentTransferEncoding::SevenBit),
        false => Body::new(content),
    };
    SinglePart::builder().header(kind).body(body)
}

/// Whether it is "7bit" (RFC 2045, section 2.7): ASCII without NUL, in short lines that end by CR LF.
fn is_plain(content: &[u8]) -> bool {
    let is_line = |line: &[u8]| {
        let line = line.strip_suffix(b"\r\n").unwrap_or(line);
        line.len() <= LONGEST_LINE && memchr::memchr3(b'\r', b'\n', 0, line).is_none()
    };
    content.is_ascii() && content.split_inclusive(|byte| *byte == b'\n').all(is_line)
}

/// The boundary is the notification's id, not chance, so that a retry has the same bytes. Nobody who writes the text knows the id.
fn alternative(boundary: &str) -> Result<ContentType, ComposeError> {
    ContentType::parse(&format!("multipart/alternative; boundary=\"{boundary}\"")).map_err(|error| ComposeError::Build(error.to_string()))
}

fn address(whose: &'static str, address: &EmailAddress) -> Result<Address, ComposeError> {
    Address::new(address.local_part(), address.domain()).map_err(|_| ComposeError::Address(whose))
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_mail_carries_as_it_is_is_not_encoded() {
        for content in ["", "Dear Ada,\r\n", "no end", "\r\n\r\n", &"x".repeat(LONGEST_LINE)] {
            assert!(is_plain(content.as_bytes()), "{content:?}");
        }
        for content in ["Zoë", "a\nb\r\n", "a\rb\r\n", "a\r\r\n", "a\r", "a\0b", &"x".repeat(LONGEST_LINE + 1)] {
            assert!(!is_plain(content.as_bytes()), "{content:?}");
        }
    }

    #[test]
    fn whatever_it_is_its_lines_end_as_they_do_in_mail() {
        let formatted = |content: &str| String::from_utf8(part(ContentType::TEXT_PLAIN, content.to_owned()).formatted()).unwrap();
        let plain = formatted("Dear Ada,\n\nhello\n");
        assert!(
            plain.contains("Content-Transfer-Encoding: 7bit") && plain.ends_with("\r\n\r\nDear Ada,\r\n\r\nhello\r\n\r\n"),
            "{plain:?}"
        );
        let encoded = formatted("Dear Zoë,\n\nhello to you\n");
        assert!(
            encoded.contains("quoted-printable") && encoded.ends_with("\r\n\r\nDear Zo=C3=AB,\r\n\r\nhello to you\r\n\r\n"),
            "{encoded:?}"
        );
        assert!(!formatted("of Windows\r\nand not\n").replace("\r\n", "").contains(['\r', '\n']));
    }
}
