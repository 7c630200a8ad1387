//! How mail systems say it. To teach another one: add its sentence to `wordings/`, and a mail of it to `tests/mails/bounce/`.

use crate::{
    explained::Action,
    phrases::{Phrases, phrases},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub action: Action,
    /// Where the sentence begins.
    pub begin: usize,
    /// Nobody but a mail system says this.
    pub certain: bool,
}

pub(super) const SYSTEM_SENDERS: &[&str] = &[
    "mailerdaemon",
    "mailer-daemon",
    "postmaster",
    "maildaemon",
    "mdaemon",
    "mailsystem",
    "mailadmin",
    "maildelivery",
    "maildeliverysubsystem",
    "mailerror",
    "bounces",
    "bounce",
    "deliveryfailure",
    "smtpdaemon",
    "systemadministrator",
    "netmaster",
    "mmdf",
    "uucp",
    "mailmaster",
    "microsoftexchange",
    "mailgw",
    "smtp",
];

pub(super) const SYSTEM_NAMES: &[&str] = &[
    "mail delivery subsystem",
    "mail delivery system",
    "mail delivery service",
    "system administrator",
    "mail administrator",
    "mail system",
    "microsoft outlook <",
    "microsoft exchange",
    "mailer-daemon",
    "mail router",
    "internet mail delivery",
    "delivery subsystem",
    "postmaster",
    "mailmaster",
    "mail daemon",
    "email delivery",
];

/// Header fields that only notices have.
pub(super) const HEADERS: &[&str] = &["x-failed-recipients", "x-ms-exchange-message-is-ndr", "x-bounce-reason", "x-ndr"];

/// A person answers or forwards.
pub(super) const ANSWER_MARKS: &[&str] =
    &["re:", "fw:", "fwd:", "aw:", "wg:", "sv:", "vs:", "tr:", "rv:", "r:", "antw:", "odp:", "ynt:", "回复", "转发", "答复"];

pub(super) static SUBJECTS: Phrases = phrases!("bounce-subjects");

pub(super) const SUBJECTS_DELAYED: &[&str] = &[
    "delayed mail",
    "delivery delay",
    "message delayed",
    "mail delayed",
    "delivery status notification (delay)",
    "warning: could not send",
    "still being retried",
    "verzögert",
    "delayed:",
    "(delay)",
    "delay notification",
    "retardé",
    "retrasad",
];

/// Not delivered yet. Found anywhere, they win: such a notice also says what failed so far.
static DELAYED: Phrases = phrases!("bounce-delayed");

/// Systems that gave up although they say one of the above.
const GAVE_UP: &[&str] = &[
    "i'm not going to try again",
    "giving up",
    "i've given up",
    "this is a permanent error",
    "could not be delivered for",
    "gave up",
    "has been removed from the queue",
    "no further attempts",
    "no further delivery attempts",
];

/// Not delivered, and nobody but a mail system says so.
static FAILED: Phrases = phrases!("bounce-failed");

/// What people write as well.
static ORDINARY: Phrases = phrases!("bounce-failed-ordinary");

/// What the notice says, at its first sentence that says something.
pub(super) fn verdict(flat: &str) -> Option<Verdict> {
    // Places in it are places in the text as it came, so that letters that change their length keep their case.
    let lower = Some(flat.to_lowercase()).filter(|lower| lower.len() == flat.len()).unwrap_or_else(|| flat.to_ascii_lowercase());
    // The first sentence counts.
    let (certain, ordinary) = (FAILED.first_in(&lower), ORDINARY.first_in(&lower));
    let failed = certain.into_iter().chain(ordinary).min();
    let delayed = DELAYED.first_in(&lower);
    let gave_up = GAVE_UP.iter().find_map(|phrase| lower.find(phrase));
    let (action, begin) = match (delayed.filter(|_| gave_up.is_none()), failed) {
        (Some(delayed), Some(failed)) => (Action::Delayed, delayed.min(failed)),
        (Some(delayed), None) => (Action::Delayed, delayed),
        (None, failed) => (Action::Failed, failed.or(gave_up)?),
    };
    Some(Verdict { action, begin, certain: certain.or(delayed).is_some() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_is_no_failure_unless_they_gave_up() {
        let action = |text| verdict(text).map(|verdict| verdict.action);
        assert_eq!(action("Your message could not be delivered yet. We will keep trying."), Some(Action::Delayed));
        assert_eq!(action("I couldn't deliver it. I'm not going to try again; it has been delayed for too long"), Some(Action::Failed));
        assert_eq!(action("See you on Monday"), None);
    }
}
