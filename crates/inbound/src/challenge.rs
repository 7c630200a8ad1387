//! Challenge mails: "prove that you are a person, then your mail is delivered". Nobody answers them by machine, so that a person is told.

use crate::{
    limits,
    mime::Part,
    phrases::{Phrases, phrases},
};

const FIELDS: &[&str] = &["x-tmda-fingerprint", "x-tmda-confirm", "x-challenge-response", "x-asvp-challenge", "x-boxbe", "x-spamarrest"];

/// Said by systems of this kind and by nobody else.
static CERTAIN: Phrases = phrases!("challenge-services");

static REQUEST: Phrases = phrases!("challenge-requests");

static REASON: Phrases = phrases!("challenge-reasons");

/// `automatic`: whether a machine wrote it, by its headers; then one request and one reason are enough.
pub(crate) fn is_challenge(mail: &Part<'_>, automatic: bool, words: &str) -> bool {
    if FIELDS.iter().any(|name| mail.headers.has(name))
        || mail.headers.text("x-delivery-agent").is_some_and(|agent| agent.starts_with("TMDA"))
    {
        return true;
    }
    let subject = mail.headers.text("subject").unwrap_or_default();
    let from = mail.headers.text("from").unwrap_or_default();
    let words = limits::cut(words, 4 * limits::LINE);
    let all = format!("{subject} {from} {words}").to_lowercase();
    let all = all.split_whitespace().collect::<Vec<_>>().join(" ");
    let says = |phrases: &Phrases| phrases.said_in(&all);
    let link = all.contains("http://") || all.contains("https://") || all.contains("reply to this");
    // A person may ask to confirm something, too, but speaks of no held mail; the name of such a service stands on many footers.
    (says(&REQUEST) && says(&REASON) && (automatic || says(&CERTAIN)) && link) || (automatic && says(&CERTAIN) && says(&REQUEST))
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
