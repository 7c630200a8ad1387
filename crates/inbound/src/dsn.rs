//! Delivery status notifications (RFC 3464, RFC 6522): the report that mail systems write for machines.

use crate::{
    address,
    class::classify,
    explained::{Action, Recipient},
    limits,
    mime::{Headers, Part},
    status::{self, Status},
};

/// The recipients of a report, or none if the mail has no readable one. A report that is forwarded inside another mail is not one.
pub(crate) fn read(mail: &Part<'_>) -> Option<Vec<Recipient>> {
    let mut recipients = Vec::new();
    for part in mail.each() {
        if !matches!(part.media.whole.as_str(), "message/delivery-status" | "message/global-delivery-status" | "message/deliverystatus") {
            continue;
        }
        for group in groups(&part.text()) {
            if let Some(recipient) = recipient(&group) {
                if recipients.len() == limits::RECIPIENTS {
                    break;
                }
                merge(&mut recipients, recipient);
            }
        }
    }
    (!recipients.is_empty()).then_some(recipients)
}

/// A report that names a recipient twice, as after a list was expanded: the bad news counts.
fn merge(recipients: &mut Vec<Recipient>, new: Recipient) {
    match recipients.iter_mut().find(|known| address::same(&known.address, &new.address)) {
        Some(known) if known.action != Some(Action::Failed) && new.action == Some(Action::Failed) => *known = new,
        Some(_) => {}
        None => recipients.push(new),
    }
}

/// Groups of fields are set apart by empty lines (RFC 3464, section 2.1). Some systems forget them, so that a second recipient
/// also begins where a field comes again.
fn groups(text: &str) -> Vec<Headers> {
    let mut groups = Vec::new();
    let mut group = String::new();
    let mut has_final = false;
    for line in text.lines() {
        let is_final = line.get(..16).is_some_and(|name| name.eq_ignore_ascii_case("final-recipient:"));
        if line.trim().is_empty() || (is_final && has_final) {
            groups.push(std::mem::take(&mut group));
            has_final = false;
        }
        if !line.trim().is_empty() {
            has_final |= is_final;
            group.push_str(line);
            group.push('\n');
        }
        if groups.len() > limits::RECIPIENTS * 2 {
            break;
        }
    }
    groups.push(group);
    groups.iter().map(|group| Headers::read(group.as_bytes())).filter(|headers| !headers.is_empty()).collect()
}

fn recipient(fields: &Headers) -> Option<Recipient> {
    // What we wrote to, if the report says it; forwarding changes the other one.
    let address =
        ["original-recipient", "final-recipient", "x-actual-recipient"].iter().find_map(|name| address_of(&fields.text(name)?))?;
    let diagnostic = fields.text("diagnostic-code").unwrap_or_default();
    let status = fields.text("status").and_then(|text| status::find(&text)).or_else(|| status::find(&diagnostic)).map(|(_, status)| status);
    let action = fields.text("action").and_then(|word| action_of(&word)).or_else(|| status.and_then(action_by_status));
    Some(Recipient { class: classify(action, status, &diagnostic), address, action, status: status.map(|status| status.to_string()) })
}

/// `rfc822; ada@example.com`, and what systems make of it: no type, brackets, comments, the encoding of RFC 3461, section 4.
fn address_of(field: &str) -> Option<String> {
    let (kind, value) = field.split_once(';').unwrap_or(("", field));
    let kind = kind.trim().to_ascii_lowercase();
    if kind.starts_with("x400") || kind.starts_with("unknown") {
        return None;
    }
    let value = if value.contains('@') { value.to_owned() } else { undo_xtext(value) };
    address::find(&value).into_iter().next().map(|found| found.address)
}

fn undo_xtext(text: &str) -> String {
    let mut plain = Vec::with_capacity(text.len());
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let code = (bytes[at] == b'+').then(|| text.get(at + 1..at + 3)).flatten().and_then(|hex| u8::from_str_radix(hex, 16).ok());
        plain.push(code.unwrap_or(bytes[at]));
        at += if code.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&plain).into_owned()
}

fn action_of(word: &str) -> Option<Action> {
    let word: String = word.trim().chars().take_while(char::is_ascii_alphabetic).collect::<String>().to_ascii_lowercase();
    Action::ALL.iter().copied().find(|action| action.as_str() == word).or(match word.as_str() {
        "failure" | "fail" => Some(Action::Failed),
        "delay" => Some(Action::Delayed),
        _ => None,
    })
}

fn action_by_status(status: Status) -> Option<Action> {
    match status.class {
        2 => Some(Action::Delivered),
        4 => Some(Action::Delayed),
        5 => Some(Action::Failed),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explained::Class;

    fn read_status(status: &str) -> Vec<Recipient> {
        let mail = format!(
            "Content-Type: multipart/report; boundary=b\n\n--b\n\nnotice\n--b\nContent-Type: message/delivery-status\n\n{status}\n--b--\n"
        );
        read(&Part::read(mail.as_bytes())).unwrap_or_default()
    }

    #[test]
    fn each_recipient_has_its_own_end() {
        let all = read_status(
            "Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; a@x.example\nAction: failed\nStatus: 5.1.1\n\n\
             Final-Recipient: rfc822; b@x.example\nAction: delayed\nStatus: 4.4.1\n\nFinal-Recipient: rfc822;c@x.example\nAction: Delivered (to mailbox)\nStatus: 2.1.5\n\n\
             Final-Recipient: rfc822; d@x.example\nAction: relayed\nStatus: 2.1.9\n\nFinal-Recipient: rfc822; e@x.example\nAction: expanded\nStatus: 2.0.0\n",
        );
        let ends: Vec<_> = all.iter().map(|one| (one.address.as_str(), one.action.unwrap(), one.class)).collect();
        assert_eq!(
            ends,
            [
                ("a@x.example", Action::Failed, Class::Hard),
                ("b@x.example", Action::Delayed, Class::Soft),
                ("c@x.example", Action::Delivered, Class::Unknown),
                ("d@x.example", Action::Relayed, Class::Unknown),
                ("e@x.example", Action::Expanded, Class::Unknown),
            ]
        );
    }

    #[test]
    fn the_address_that_we_wrote_to_is_named_not_where_it_was_forwarded() {
        let all = read_status(
            "Original-Recipient: rfc822;a+40x.example\nFinal-Recipient: rfc822; b@y.example\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 5.2.2 full\n",
        );
        assert_eq!((all[0].address.as_str(), all[0].class, all.len()), ("a@x.example", Class::Soft, 1));
    }

    #[test]
    fn forgotten_empty_lines_and_missing_actions_do_not_matter() {
        let all = read_status(
            "Reporting-MTA: dns; mx\nFinal-Recipient: <a@x.example>\nStatus: 5.1.1 (bad)\nFinal-Recipient: RFC822; b@x.example\nStatus: 4.2.2\n",
        );
        let ends: Vec<_> = all.iter().map(|one| (one.address.as_str(), one.action.unwrap())).collect();
        assert_eq!(ends, [("a@x.example", Action::Failed), ("b@x.example", Action::Delayed)]);
    }

    #[test]
    fn a_report_inside_a_forwarded_mail_is_nobodys_report() {
        let mail = "Content-Type: multipart/mixed; boundary=o\n\n--o\n\nlook\n--o\nContent-Type: message/rfc822\n\nContent-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\nFinal-Recipient: rfc822; a@x.example\nAction: failed\n--b--\n--o--\n";
        assert_eq!(read(&Part::read(mail.as_bytes())), None);
    }
}
