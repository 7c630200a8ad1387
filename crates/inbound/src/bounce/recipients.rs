//! Which of the addresses in a notice are those it is about.

use super::{Notice, wordings::Verdict};
use crate::{
    address::{self, Found},
    class::classify,
    explained::{Action, Class, Recipient},
    limits,
    mime::{Headers, Part},
    status,
};

/// Addresses of help desks, which notices name after the one that failed.
const ROLES: &[&str] = &[
    "postmaster",
    "mailer-daemon",
    "mailerdaemon",
    "abuse",
    "support",
    "help",
    "helpdesk",
    "hostmaster",
    "webmaster",
    "admin",
    "administrator",
    "noc",
    "info",
    "spam",
    "root",
    "security",
    "unblock",
    "removeme",
    "delist",
    "feedback",
    "no-reply",
    "noreply",
    "owner-postmaster",
];

/// Words before an address that make it somebody else's.
const OTHERS: &[&str] = &[
    "from:",
    "from: <",
    "sender:",
    "sender: <",
    "sender <",
    "message-id:",
    "message-id: <",
    "from",
    "from <",
    "mail from:<",
    "mail from: <",
    "reply-to:",
    "contact",
    "contact <",
    "contact:",
    "id <",
    "id:",
    "by <",
    "mailto:",
    "cc:",
    "bcc:",
    "sent by",
    "postmaster at",
    "e-mail to",
    "email to",
    "write to",
    "mail to",
    "in-reply-to: <",
    "references: <",
];

pub(super) fn find(
    mail: &Part<'_>,
    notice: &Notice,
    verdict: Option<Verdict>,
    action: Action,
    returned: Option<&Headers>,
) -> Vec<Recipient> {
    let flat = &notice.flat;
    let sent_to = returned.map(sent_to).unwrap_or_default();
    let mut found = candidates(mail, flat, returned, &sent_to);
    // A header that says it needs no guess.
    let mut named: Vec<String> = Vec::new();
    for address in mail.headers.addresses("x-failed-recipients") {
        if !named.iter().any(|known| address::same(known, &address)) {
            named.push(address);
        }
    }
    if named.is_empty() {
        named = choose(&mut found, verdict, &sent_to);
    }
    if named.is_empty() {
        // Our mails have one recipient: if the notice names none, it is the one the mail was for.
        named = returned.map(|headers| headers.addresses("to")).unwrap_or_default().into_iter().take(1).collect();
    }
    named.truncate(limits::RECIPIENTS);
    let ends: Vec<(usize, &Found)> = found.iter().map(|one| (one.end, one)).collect();
    named
        .iter()
        .map(|address| {
            let words = if named.len() == 1 { said(flat, verdict) } else { said_about(flat, address, &ends, &named) };
            let status = status::find(&words).map(|(_, status)| status).filter(|status| status.class != 2);
            let mut class = classify(Some(action), status, &words);
            if class == Class::Unknown {
                // Some say the reason once, and then list whom it concerns.
                class = classify(Some(action), None, &said(flat, verdict));
            }
            Recipient { address: address.clone(), action: Some(action), status: status.map(|status| status.to_string()), class }
        })
        .collect()
}

/// Whom the mail was for: by its header, and by the relays that took it for somebody.
fn sent_to(headers: &Headers) -> Vec<String> {
    let mut all = headers.addresses("to");
    for hop in headers.texts("received") {
        let recipient = hop.find(" for ").and_then(|at| address::find(limits::cut(&hop[at..], limits::ADDRESS)).into_iter().next());
        all.extend(recipient.map(|found| found.address));
    }
    all
}

/// All addresses but our own and the sender's.
fn candidates(mail: &Part<'_>, flat: &str, returned: Option<&Headers>, sent_to: &[String]) -> Vec<Found> {
    let own = ["to", "cc", "delivered-to", "from", "sender", "reply-to", "errors-to", "envelope-to", "return-path"];
    let mut never: Vec<String> = own.iter().flat_map(|name| mail.headers.addresses(name)).collect();
    if let Some(returned) = returned {
        never.extend(["from", "sender", "reply-to", "return-path", "errors-to"].iter().flat_map(|name| returned.addresses(name)));
    }
    // A mail to oneself.
    never.retain(|address| !sent_to.iter().any(|to| address::same(to, address)));
    // A list is where a mail passed; who did not get it is one of its members.
    for headers in [Some(&mail.headers), returned].into_iter().flatten() {
        never.extend(headers.texts("list-post").iter().flat_map(|field| address::find(field)).map(|found| found.address));
    }
    let mut found = address::find(flat);
    found.retain(|one| !never.iter().any(|never| address::same(never, &one.address)) && !is_somebody_elses(flat, one));
    // Exim: "b@y.example (generated from a@x.example)". We wrote to the second.
    let generated: Vec<usize> = (0..found.len()).filter(|&at| flat[..found[at].begin].ends_with("generated from ")).collect();
    for at in generated.into_iter().rev() {
        if at > 0 && found[at].begin - found[at - 1].end < 60 {
            found.remove(at - 1);
        }
    }
    found
}

fn is_somebody_elses(flat: &str, one: &Found) -> bool {
    let before = flat[..one.begin].trim_end_matches(['"', '\'', '[', '(']).to_ascii_lowercase();
    let before = before.trim_end();
    // In angle brackets the word stands before a display name, or before the bracket.
    OTHERS
        .iter()
        .any(|word| before.strip_suffix(word).is_some_and(|rest| rest.is_empty() || rest.ends_with(|c: char| !c.is_alphanumeric())))
        && !before.ends_with("generated from")
        || looks_like_an_id(&one.address)
}

/// Message ids have the shape of addresses: a local part of digits and hexadecimal letters, too long to be typed.
fn looks_like_an_id(address: &str) -> bool {
    let local = address.split('@').next().unwrap_or_default();
    let digits = local.bytes().filter(u8::is_ascii_digit).count();
    local.len() > 20 && digits * 2 > local.len()
}

fn choose(found: &mut Vec<Found>, verdict: Option<Verdict>, sent_to: &[String]) -> Vec<String> {
    let distinct = |found: &[Found]| {
        let mut all: Vec<String> = Vec::new();
        for one in found {
            if !all.iter().any(|known| address::same(known, &one.address)) {
                all.push(one.address.clone());
            }
        }
        all
    };
    let expected: Vec<Found> = found.iter().filter(|one| sent_to.iter().any(|to| address::same(to, &one.address))).cloned().collect();
    if !expected.is_empty() {
        return distinct(&expected);
    }
    let is_role = |one: &Found| ROLES.contains(&one.address.split('@').next().unwrap_or_default().to_ascii_lowercase().as_str());
    if found.iter().any(|one| !is_role(one)) {
        found.retain(|one| !is_role(one));
    }
    // After the sentence that says it; else in front of it, as in "<ada@x.example>: user unknown".
    let after: Vec<Found> = found.iter().filter(|one| verdict.is_none_or(|verdict| one.begin >= verdict.begin)).cloned().collect();
    distinct(if after.is_empty() { found } else { &after })
}

/// What the notice says: from a little before its verdict on.
fn said(flat: &str, verdict: Option<Verdict>) -> String {
    let begin = verdict.map_or(0, |verdict| verdict.begin.saturating_sub(limits::LINE));
    limits::cut(&flat[flat.floor_char_boundary(begin)..], 4 * limits::LINE).to_owned()
}

/// What stands between each mention of an address and the next other one.
fn said_about(flat: &str, address: &str, ends: &[(usize, &Found)], named: &[String]) -> String {
    let mut words = String::new();
    for (index, (end, one)) in ends.iter().enumerate() {
        if address::same(&one.address, address) {
            let next = ends[index + 1..].iter().find(|(_, other)| named.iter().any(|name| address::same(name, &other.address)));
            let until = next.map_or(flat.len(), |(_, other)| other.begin);
            words.push_str(limits::cut(&flat[*end..until], limits::LINE));
            words.push(' ');
        }
        if words.len() > 4 * limits::LINE {
            break;
        }
    }
    words
}
