//! Challenge mails: "prove that you are a person, then your mail is delivered". Nobody answers them by machine, so that a person is told.

use crate::mime::Part;

const FIELDS: &[&str] = &["x-tmda-fingerprint", "x-tmda-confirm", "x-challenge-response", "x-asvp-challenge", "x-boxbe", "x-spamarrest"];

/// Said by systems of this kind and by nobody else.
const CERTAIN: &[&str] = &[
    "boxbe",
    "spamarrest",
    "spam arrest",
    "spamblocker",
    "antispam uol",
    "uol antispam",
    "anti-spam uol",
    "tmda",
    "sender verification",
    "mailblocks",
    "knowspam",
    "choicemail",
    "bluebottle",
    "challenge/response",
    "challenge-response",
    "sendio",
    "vanquish",
    "permission-based email",
];

const REQUEST: &[&str] = &[
    "verify that you are",
    "verify you are",
    "verify your email",
    "verify your e-mail",
    "verify your address",
    "verify yourself",
    "verify the sender",
    "confirm that you are",
    "confirm you are",
    "confirm your address",
    "confirm your email",
    "confirm your message",
    "confirm your identity",
    "confirm that you sent",
    "confirm that your message",
    "confirm this message",
    "prove that you are",
    "prove you are",
    "prove you're",
    "simply reply to this",
    "just reply to this",
    "to release your message",
    "to release it",
    "release your email",
    "add you to",
    "adding you to",
    "be added to my",
    "be added to the",
    "approved senders",
    "approved sender",
    "allowed senders",
    "allowed sender",
    "guest list",
    "safe list",
    "safelist",
    "whitelist",
    "click the link below",
    "click on the link below",
    "click here to",
    "follow the link",
    "please click",
    "bestätigen sie",
    "confirmez",
    "confirme",
    "conferma",
    "подтвердите",
    "请点击",
    "captcha",
];

const REASON: &[&str] = &[
    "your message has been held",
    "your message is being held",
    "has been placed on hold",
    "is on hold",
    "held in quarantine",
    "is being held",
    "has been held",
    "awaiting confirmation",
    "awaiting your confirmation",
    "awaiting verification",
    "pending confirmation",
    "waiting for verification",
    "before your message can be delivered",
    "before it is delivered",
    "before your email is delivered",
    "before your message is delivered",
    "before delivery",
    "to deliver your message",
    "your message will be delivered",
    "your email will be delivered",
    "your mail will be delivered",
    "so that your message",
    "reduce spam",
    "avoid spam",
    "stop spam",
    "protect against spam",
    "protected by",
    "fight spam",
    "controls spam",
    "anti-spam",
    "antispam",
    "spam protection",
    "spam filter",
    "unwanted mail",
    "unwanted email",
    "junk mail",
    "human being",
    "are human",
    "a human",
    "not a robot",
    "real person",
    "not a spammer",
    "automated program",
    "zurückgehalten",
    "mis en attente",
    "en espera",
];

/// `automatic`: whether a machine wrote it, by its headers; then one request and one reason are enough.
pub(crate) fn is_challenge(mail: &Part<'_>, automatic: bool, words: &str) -> bool {
    if FIELDS.iter().any(|name| mail.headers.has(name))
        || mail.headers.text("x-delivery-agent").is_some_and(|agent| agent.starts_with("TMDA"))
    {
        return true;
    }
    let subject = mail.headers.text("subject").unwrap_or_default();
    let from = mail.headers.text("from").unwrap_or_default();
    let words = crate::limits::cut(words, 4 * crate::limits::LINE);
    let all = format!("{subject} {from} {words}").to_lowercase();
    let all = all.split_whitespace().collect::<Vec<_>>().join(" ");
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| all.contains(phrase));
    let link = all.contains("http://") || all.contains("https://") || all.contains("reply to this");
    // A person may ask to confirm something, too, but speaks of no held mail; the name of such a service stands on many footers.
    (says(REQUEST) && says(REASON) && (automatic || says(CERTAIN)) && link) || (automatic && says(CERTAIN) && says(REQUEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_that_holds_our_mail_is_told_from_a_person_who_asks() {
        let challenge = |text: &str, automatic| {
            is_challenge(&Part::read(format!("From: a@x.example\nSubject: Re: x\n\n{text}").as_bytes()), automatic, text)
        };
        assert!(challenge(
            "Your message has been held. Please click the link below to verify that you are a person: https://x.example/1",
            true
        ));
        assert!(challenge("I use Spam Arrest to stop spam. To confirm that you are human, click here to visit http://x.example", false));
        assert!(!challenge("Please confirm that you got my mail. https://ada.example", false));
        assert!(!challenge("I am on holiday until Monday. My mails will be read then.", true));
    }
}
