//! A rendered letter as a mail (RFC 5322, MIME).

use std::borrow::Cow;

use hearback_domain::{EmailAddress, reply_token::Way};
use lettre::{
    Address, Message,
    message::{
        Mailbox, MultiPart, SinglePart,
        header::{ContentType, HeaderName, HeaderValue},
    },
};
use sha2::{Digest, Sha256};

use super::{ComposeError, Composed, checked::Checked};
use crate::{Face, render::Rendered};

pub(super) fn build(letter: &Checked<'_>, rendered: Rendered<'_>) -> Result<Composed, ComposeError> {
    let Rendered { subject, text, html, template_version } = rendered;
    let face = letter.face;
    let (reply_to, envelope_from) = return_addresses(letter);
    let message_id = format!("<{}@{}>", letter.notification, face.sender.domain());
    let parts = MultiPart::builder()
        .header(alternative(&format!("hearback-{}", letter.notification))?)
        .singlepart(SinglePart::plain(text.clone()))
        .singlepart(SinglePart::html(html));
    let to = letter.redirect_to.unwrap_or(letter.to);
    let subject = match letter.redirect_to {
        None => subject,
        Some(_) => format!("[for {}] {subject}", letter.to),
    };
    let mut headers = Message::builder()
        .message_id(Some(message_id.clone()))
        .date(letter.dated)
        .from(Mailbox::new(Some(letter.sender_name.clone()), address("sender", &face.sender)?))
        .reply_to(address("reply", &reply_to)?.into())
        .to(address("applicant's", to)?.into())
        .subject(subject.as_str())
        .raw_header(header("Content-Language", letter.locale.as_str()))
        // RFC 3834, section 5: so that nobody's out-of-office note answers this.
        .raw_header(header("Auto-Submitted", "auto-generated"))
        // The same for Exchange, which does not know RFC 3834 (MS-OXCMAIL, section 2.1.3.2.20).
        .raw_header(header("X-Auto-Response-Suppress", "OOF, AutoReply"));
    if letter.redirect_to.is_some() {
        headers = headers.raw_header(header("X-Hearback-Recipient", &letter.to.to_string()));
    }
    let message = headers.multipart(parts).map_err(|error| ComposeError::Build(error.to_string()))?;
    let raw = message.formatted();
    Ok(Composed {
        message_id,
        envelope_from: envelope_from.into_owned(),
        to: to.clone(),
        subject,
        text,
        sha256: Sha256::digest(&raw).into(),
        raw,
        template_version: template_version.to_owned(),
    })
}

/// Where answers and bounces go.
fn return_addresses<'a>(letter: &Checked<'a>) -> (Cow<'a, EmailAddress>, Cow<'a, EmailAddress>) {
    let Face { reply_to, envelope_sender, reply_addresses, .. } = letter.face;
    match reply_addresses {
        None => (Cow::Borrowed(reply_to), Cow::Borrowed(envelope_sender)),
        Some(addresses) => {
            let own = |way| Cow::Owned(addresses.address(way, letter.notification));
            (own(Way::Reply), own(Way::Bounce))
        }
    }
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
