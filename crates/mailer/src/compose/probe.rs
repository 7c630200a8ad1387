//! Mails about the way of answers: to ourselves, and to a person when none came back. In English, as mails to staff are.

use std::{borrow::Cow, time::SystemTime};

use chrono::Datelike;
use hearback_domain::{
    EmailAddress,
    ids::{NotificationId, ReplyProbeId},
    locale::Locale,
    reply_token::{ReplyAddresses, Way},
};

use super::{ComposeError, Composed, checked::line, contained, mail};
use crate::{Face, render::Rendered};

/// A mail to our own reply address, or the alarm about one.
#[derive(Clone, Debug)]
pub struct ProbeLetter<'a> {
    pub id: ReplyProbeId,
    pub face: &'a Face,
    /// Ours: the mail to ourselves goes to one of them, and bounces come to one.
    pub addresses: &'a ReplyAddresses,
    /// The person who is told; `None` is ourselves.
    pub to: Option<&'a EmailAddress>,
    /// The mail's `Date`; stays the same over retries.
    pub dated: chrono::DateTime<chrono::Utc>,
}

/// Changes with the texts below.
const VERSION: &str = "reply-probe1";

struct Text {
    subject: &'static str,
    paragraphs: &'static [&'static str],
}

const PROBE: Text = Text {
    subject: "Do answers find their way back?",
    paragraphs: &[
        "This mail was sent by Hearback to itself, to see whether answers of applicants find their way back. Nobody needs to read it.",
    ],
};

const ALARM: Text = Text {
    subject: "Answers of applicants may be lost",
    paragraphs: &[
        "Hearback sent a mail to its own reply address, and it did not come back in time. Answers of applicants go the same way, so they may be lost or late too.",
        "Please have whoever runs Hearback look at it: `hearback doctor` tries the whole way once and says what to do. Most often it is the MX record of the reply domain, a mail server that hands no mail over to Hearback any more, or a filter on the way.",
        "You hear of it again in a day, if it is still so.",
    ],
};

/// The same bytes for the same letter.
///
/// # Errors
/// As [`Composer::compose`](super::Composer::compose).
pub fn compose_probe(letter: &ProbeLetter<'_>) -> Result<Composed, ComposeError> {
    contained(|| {
        let ProbeLetter { id, face, addresses, to, dated } = letter;
        if !(1970..=9999).contains(&dated.year()) {
            return Err(ComposeError::Date);
        }
        // The token says whose answer an address is for: here nobody's but this mail's.
        let address = |way| addresses.address(way, NotificationId::from(id.uuid()));
        let own = address(Way::Reply);
        let (to, Text { subject, paragraphs }, reply_to) = match to {
            None => (&own, PROBE, Cow::Borrowed(&own)),
            Some(to) => (*to, ALARM, Cow::Borrowed(&face.reply_to)),
        };
        let head = mail::Head {
            id: id.to_string(),
            locale: Locale::En,
            to,
            redirect_to: None,
            face,
            sender_name: line("the sender's name", &face.sender_name)?,
            dated: SystemTime::from(*dated),
            reply_to,
            envelope_from: Cow::Owned(address(Way::Bounce)),
            thread: &[],
            trace: None,
            is_automatic: true,
        };
        // Nothing in these texts means anything to HTML.
        let html = paragraphs.iter().map(|text| format!("<p>{text}</p>\n")).collect();
        let rendered = Rendered { subject: subject.to_owned(), text: paragraphs.join("\n\n") + "\n", html, template_version: VERSION };
        mail::build(&head, rendered)
    })
}

#[cfg(test)]
mod tests {
    use hearback_domain::{
        reply_token::ReplyClaim,
        status_link::{LinkKey, LinkKeys},
    };

    use super::*;
    use crate::samples;

    #[test]
    fn a_mail_to_ourselves_comes_back_to_an_address_of_ours_and_nobody_answers_it() {
        let keys = LinkKeys::new(vec![LinkKey { id: 1, secret: [7; 32] }]).unwrap();
        let addresses = ReplyAddresses::new("replies.example.com", keys.clone()).unwrap();
        let face = samples::letter(hearback_domain::notification::Kind::Received, Locale::En).face;
        let id = "prb_06e3kd8n8dzm5a1v8cq5m40000".parse::<ReplyProbeId>().unwrap();
        let dated = chrono::DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let letter = ProbeLetter { id, face: &face, addresses: &addresses, to: None, dated };
        let mail = compose_probe(&letter).unwrap();
        assert_eq!(mail, compose_probe(&letter).unwrap());
        for (address, way) in [(&mail.to, Way::Reply), (&mail.envelope_from, Way::Bounce)] {
            let claim = ReplyClaim::read(address.local_part()).unwrap();
            assert!(claim.is_ours(&keys) && claim.way == way && claim.notification.uuid() == id.uuid(), "{address}");
        }
        let raw = String::from_utf8(mail.raw).unwrap();
        assert!(
            raw.contains("Auto-Submitted: auto-generated\r\n") && raw.contains(&format!("Message-ID: {}\r\n", mail.message_id)),
            "{raw}"
        );
        let person = "people@example.com".parse().unwrap();
        let alarm = compose_probe(&ProbeLetter { to: Some(&person), ..letter }).unwrap();
        assert_eq!((alarm.to, alarm.subject.as_str()), (person, "Answers of applicants may be lost"));
        assert!(alarm.text.contains("hearback doctor"));
    }
}
