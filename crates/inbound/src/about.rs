//! Which of our mails a mail is about.

use hearback_domain::{ids::NotificationId, reply_token::Way};
use uuid::Uuid;

use crate::{
    explained::Token,
    mime::{Headers, Part},
};

/// The headers of our mail, as a report gives it back: as an attached mail, as its headers only, or as text behind the notice.
pub(crate) fn returned(mail: &Part<'_>, tail: Option<&str>) -> Option<Headers> {
    for part in mail.each() {
        if let Some(inner) = &part.mail {
            return Some(inner.headers.clone());
        }
        let is_headers = matches!(
            part.media.whole.as_str(),
            "text/rfc822-headers" | "message/rfc822-headers" | "message/global-headers" | "text/rfc822"
        );
        if is_headers || part.media.is("message/rfc822") || part.media.is("message/partial") {
            let content = part.bytes();
            let headers = Headers::read(crate::mime::header_block(content.trim_ascii_start()).0);
            if !headers.is_empty() {
                return Some(headers);
            }
        }
    }
    tail.map(|tail| Headers::read(crate::mime::header_block(tail.trim_start().as_bytes()).0)).filter(|headers| !headers.is_empty())
}

/// The id that a report for machines names: Gmail in delivery reports, all in read receipts (RFC 8098, section 3.2.5), which answer nothing
/// by their headers.
pub(crate) fn reported_id(mail: &Part<'_>) -> Option<String> {
    let reports = mail
        .each()
        .into_iter()
        .filter(|part| matches!(part.media.whole.as_str(), "message/delivery-status" | "message/disposition-notification"));
    reports.into_iter().find_map(|part| {
        let text = part.text();
        let fields = Headers::read(crate::mime::header_block(text.trim_start().as_bytes()).0);
        ["original-message-id", "x-original-message-id"].iter().find_map(|name| fields.ids(name).into_iter().next())
    })
}

/// Our Message-ID. Ours begin with the id of the message, so that one in the middle of a thread is found as well.
pub(crate) fn message_id(returned: Option<&Headers>, headers: &Headers) -> Option<String> {
    if let Some(id) = returned.and_then(|returned| returned.ids("message-id").into_iter().next()) {
        return Some(id);
    }
    // The nearest first: In-Reply-To, then References from its end (RFC 5322, section 3.6.4).
    let mut near = headers.ids("in-reply-to");
    near.extend(headers.ids("references").into_iter().rev());
    let ours = near.iter().position(|id| id.trim_start_matches('<').split('@').next().is_some_and(is_id));
    let at = ours.unwrap_or(0);
    near.into_iter().nth(at).or_else(|| headers.ids("x-original-message-id").into_iter().next())
}

fn is_id(local: &str) -> bool {
    local.parse::<NotificationId>().is_ok() || Uuid::try_parse(local).is_ok()
}

/// The first address of ours among those that the mail came to; the envelope knows best.
pub(crate) fn token(envelope: &[&str], headers: &Headers) -> Option<Token> {
    let fields = ["delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-rcpt-to", "to", "cc", "resent-to"];
    let named = fields.iter().flat_map(|name| headers.addresses(name));
    envelope.iter().map(|&address| address.to_owned()).chain(named).find_map(|address| read_token(&address))
}

fn read_token(address: &str) -> Option<Token> {
    let (local, _) = address.trim_matches(['<', '>']).rsplit_once('@')?;
    [("reply+", Way::Reply), ("bounce+", Way::Bounce)].into_iter().find_map(|(prefix, way)| {
        let text = local.get(prefix.len()..).filter(|_| local[..prefix.len()].eq_ignore_ascii_case(prefix))?;
        let is_token = !text.is_empty() && text.len() <= 64 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.=".contains(&b));
        is_token.then(|| Token { way, text: text.to_owned() })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_id_is_found_in_the_returned_mail_or_nearest_in_the_thread() {
        let headers = Headers::read(
            b"In-Reply-To: <theirs@x.example>\nReferences: <01920000-0000-7000-8000-000000000001@us.example> <theirs@x.example>\n",
        );
        assert_eq!(message_id(None, &headers).as_deref(), Some("<01920000-0000-7000-8000-000000000001@us.example>"));
        let returned = Headers::read(b"Message-ID: <r@us.example>\n");
        assert_eq!(message_id(Some(&returned), &headers).as_deref(), Some("<r@us.example>"));
        assert_eq!(message_id(None, &Headers::read(b"References: <a@x> <b@x>\n")).as_deref(), Some("<b@x>"));
        assert_eq!(message_id(None, &Headers::default()), None);
    }

    #[test]
    fn the_token_comes_from_the_envelope_then_from_the_delivery_then_from_the_reader() {
        let headers = Headers::read(b"To: Jobs <reply+third@us.example>\nDelivered-To: bounce+second@us.example\n");
        assert_eq!(token(&["reply+first@us.example"], &headers).unwrap().local_part(), "reply+first");
        assert_eq!(token(&["jobs@us.example"], &headers).unwrap().local_part(), "bounce+second");
        let shouted = Headers::read(b"To: REPLY+ABC@US.EXAMPLE\n");
        assert_eq!(token(&[], &shouted), Some(Token { way: Way::Reply, text: "ABC".into() }));
        assert_eq!(token(&[], &Headers::read(b"To: reply+@us.example, noreply+x@us.example\n")), None);
    }
}
