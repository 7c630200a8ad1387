//! Whether answers and bounces find their way back, and whether others believe that our mail is ours.

use std::collections::BTreeSet;

use hearback_domain::EmailAddress;
use hearback_ledger::CheckedFace;

use super::{
    authentication,
    finding::{Area, Finding, Level},
    names::{Exchange, Names},
};

const AREA: Area = Area::Names;

/// The domains of addresses that mails carry.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct MailDomains {
    /// Answers and bounces come back to these.
    answered: BTreeSet<String>,
    /// Bounces come back to these: who sends for them is looked up there.
    envelopes: BTreeSet<String>,
    /// Seen as the sender, and the envelope sender of the same mail.
    sent: BTreeSet<(String, String)>,
}

impl MailDomains {
    /// Without a reply domain, answers and bounces go to the board's mailbox.
    pub(super) fn of(reply_domain: Option<&str>, faces: &[CheckedFace]) -> Self {
        let domain = |address: &EmailAddress| address.domain().to_ascii_lowercase();
        let mut domains = Self::default();
        domains.answered.extend(reply_domain.map(str::to_owned));
        domains.envelopes.extend(reply_domain.map(str::to_owned));
        for CheckedFace { sender, reply_to } in faces {
            domains.answered.insert(domain(reply_to));
            let envelope = reply_domain.map_or_else(|| domain(reply_to), str::to_owned);
            domains.envelopes.insert(envelope.clone());
            domains.sent.insert((domain(sender), envelope));
        }
        domains
    }

    pub(super) async fn look(&self, names: &Names) -> Vec<Finding> {
        let Self { answered, envelopes, sent } = self;
        let mut found = Vec::new();
        for domain in answered {
            found.push(takes_mail(names, domain).await);
        }
        for domain in envelopes {
            found.push(match names.texts(domain).await {
                Ok(texts) => authentication::spf(domain, &texts),
                Err(why) => unknown(&format!("the SPF record of {domain}"), &why),
            });
        }
        for (from, envelope) in sent {
            found.push(dmarc(names, from, envelope).await);
        }
        found
    }
}

/// RFC 5321, section 5.1: a domain without MX takes mail at its own address.
async fn takes_mail(names: &Names, domain: &str) -> Finding {
    let exchanges = match names.exchanges(domain).await {
        Ok(exchanges) => exchanges,
        Err(why) => return unknown(&format!("where mail to {domain} goes"), &why),
    };
    if exchanges.iter().all(|Exchange { host, .. }| host.is_empty()) && !exchanges.is_empty() {
        let advice = "give it an MX record with the mail server that takes answers";
        return Finding::new(
            AREA,
            Level::Error,
            format!("{domain} says that it takes no mail (a null MX): answers and bounces are lost"),
            advice,
        );
    }
    let hosts: Vec<String> = match exchanges.is_empty() {
        true => vec![domain.to_owned()],
        false => exchanges.into_iter().map(|exchange| exchange.host).collect(),
    };
    let mut dead = Vec::new();
    for host in &hosts {
        match names.has_address(host).await {
            Ok(true) => {}
            Ok(false) => dead.push(host.as_str()),
            Err(why) => return unknown(&format!("the address of {host}"), &why),
        }
    }
    let through = hosts.join(", ");
    match (dead.len(), hosts.len()) {
        (0, _) => Finding::ok(AREA, format!("answers and bounces to {domain} have a way: {through}")),
        (all, most) if all == most && hosts == [domain] => {
            let what = format!("{domain} has neither an MX record nor an address: answers and bounces to it are lost");
            Finding::new(AREA, Level::Error, what, "give it an MX record with the mail server that takes answers")
        }
        (all, most) if all == most => {
            let what = format!("mail to {domain} goes to {through}, and no such host has an address: answers and bounces are lost");
            Finding::new(AREA, Level::Error, what, "correct the MX record, or give that host an A or AAAA record")
        }
        _ => {
            let what = format!("mail to {domain} can go to {}, which has no address", dead.join(", "));
            Finding::new(AREA, Level::Warning, what, "take it out of the MX records, or give it an A or AAAA record")
        }
    }
}

/// The domain's own policy, or the one of the domain above it that has one (up the tree, as draft-ietf-dmarc-dmarcbis has it; RFC 7489 looks only at the
/// organisation's own).
async fn dmarc(names: &Names, from: &str, envelope: &str) -> Finding {
    let mut domain = from;
    while domain.contains('.') {
        let texts = match names.texts(&format!("_dmarc.{domain}")).await {
            Ok(texts) => texts,
            Err(why) => return unknown(&format!("the DMARC record of {from}"), &why),
        };
        if let Some(finding) = authentication::dmarc(from, domain, envelope, &texts) {
            return finding;
        }
        domain = domain.split_once('.').map_or("", |(_, above)| above);
    }
    let advice =
        format!("add a TXT record at _dmarc.{from}: \"v=DMARC1; p=none; rua=mailto:…\" to begin with, and have the relay sign with DKIM");
    let what = format!("{from} has no DMARC record: large providers take mail from it for spam more often");
    Finding::new(AREA, Level::Warning, what, advice)
}

fn unknown(what: &str, why: &str) -> Finding {
    let advice = "look at this machine's name servers (/etc/resolv.conf), or name one: --dns 192.0.2.1";
    Finding::new(AREA, Level::Warning, format!("{what} cannot be looked up: {why}"), advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn face(sender: &str, reply_to: &str) -> CheckedFace {
        CheckedFace { sender: sender.parse().unwrap(), reply_to: reply_to.parse().unwrap() }
    }

    fn set<T: Ord>(all: impl IntoIterator<Item = T>) -> BTreeSet<T> {
        all.into_iter().collect()
    }

    #[test]
    fn without_a_reply_domain_bounces_come_back_to_the_boards_mailbox() {
        let faces = [face("jobs@Mail.example.com", "people@example.com"), face("jobs@mail.example.com", "hr@example.org")];
        let owned = str::to_owned;
        let plain = MailDomains::of(None, &faces);
        assert_eq!(plain.answered, set(["example.com", "example.org"].map(owned)));
        assert_eq!(plain.envelopes, plain.answered);
        assert_eq!(plain.sent.len(), 2);
        let with = MailDomains::of(Some("replies.example.net"), &faces);
        assert_eq!(with.answered, set(["example.com", "example.org", "replies.example.net"].map(owned)));
        assert_eq!(with.envelopes, set(["replies.example.net"].map(owned)));
        assert_eq!(with.sent, set([("mail.example.com".to_owned(), "replies.example.net".to_owned())]));
        assert_eq!(MailDomains::of(Some("replies.example.net"), &[]).envelopes, with.envelopes, "before there is a board");
    }
}
