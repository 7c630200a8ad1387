//! What a failure says about the address: by enhanced status, else by SMTP code, else by the words.

use crate::{
    explained::{Action, Class},
    limits,
    phrases::{Phrases, phrases},
    status::{self, Status},
};

/// `words` is what the other side said: the diagnostic, or the notice around the address.
pub(crate) fn classify(action: Option<Action>, status: Option<Status>, words: &str) -> Class {
    match action {
        Some(Action::Delivered | Action::Relayed | Action::Expanded) => return Class::Unknown,
        Some(Action::Failed | Action::Delayed) | None => {}
    }
    // A reporting MTA often writes 5.0.0 above a diagnostic that knows better.
    let said = status::find(words).map(|(_, status)| status).filter(|said| !said.is_vague());
    let status = match status {
        Some(given) if !given.is_vague() => Some(given),
        Some(given) => said.filter(|said| said.class == given.class).or(Some(given)),
        None => said,
    };
    let class = status.map_or(Class::Unknown, by_status);
    if class != Class::Unknown && !status.is_some_and(Status::is_vague) {
        return class;
    }
    match (action, by_words(words), status::smtp_code(words)) {
        // They go on trying, whatever they say.
        (Some(Action::Delayed), ..) => Class::Soft,
        // Gmail gives up on a domain that does not exist with 4.0.0.
        (_, Some(class), _) => class,
        _ if class != Class::Unknown => class,
        (_, None, Some(code)) if code < 500 => Class::Soft,
        (_, None, Some(552)) => Class::Soft,
        (_, None, Some(550 | 551 | 553)) => Class::Hard,
        _ => Class::Unknown,
    }
}

fn by_status(status: Status) -> Class {
    match (status.class, status.subject, status.detail) {
        (4, _, _) => Class::Soft,
        (5, 7, _) => Class::Policy,
        // Our sender was refused (RFC 3463, section 3.2), or may be made up.
        (5, 1, 7 | 8) => Class::Policy,
        (5, 1, 1..) => Class::Hard,
        (5, 2, 2) => Class::Soft,
        // The mail is too long for them.
        (5, 2, 3) | (5, 3, 4) => Class::Policy,
        (5, 2, 1 | 4) => Class::Hard,
        (5, 3, 1 | 2) => Class::Soft,
        // Busy, congested, or tried until the end (RFC 3463, section 3.5). 5.4.3xx is how Exchange Online spells them; 310 is a domain
        // without a host.
        (5, 4, 2 | 5 | 7 | 300 | 312 | 316 | 317 | 318) => Class::Soft,
        (5, 4, 1 | 4 | 6 | 8 | 14 | 310) => Class::Hard,
        (5, 6, 1..) => Class::Policy,
        _ => Class::Unknown,
    }
}

static FULL: Phrases = phrases!("class-full");
static ADDRESS: Phrases = phrases!("class-address");
static POLICY: Phrases = phrases!("class-policy");
static LATER: Phrases = phrases!("class-later");

fn by_words(words: &str) -> Option<Class> {
    // Enough for what a server says; notices repeat themselves after that.
    let words = limits::cut(words, 4 * limits::LINE).to_lowercase();
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    // The first that is said counts: "mailbox unavailable, over quota" is a full one.
    let lists = [(&FULL, Class::Soft), (&ADDRESS, Class::Hard), (&POLICY, Class::Policy), (&LATER, Class::Soft)];
    lists.into_iter().find_map(|(list, class)| list.said_in(&words).then_some(class))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_enhanced_status_is_believed_before_the_code_and_the_words() {
        let class = |status: &str, words: &str| classify(Some(Action::Failed), Status::read(status), words);
        for (status, words, expected) in [
            ("5.1.1", "", Class::Hard),
            ("5.1.10", "", Class::Hard),
            ("5.2.1", "", Class::Hard),
            ("5.2.2", "550 user unknown", Class::Soft),
            ("5.7.1", "550 user unknown", Class::Policy),
            ("5.7.509", "", Class::Policy),
            ("5.1.8", "", Class::Policy),
            ("5.3.4", "", Class::Policy),
            ("5.4.1", "", Class::Hard),
            ("5.4.7", "", Class::Soft),
            ("4.4.1", "550", Class::Soft),
            ("4.7.0", "", Class::Soft),
            ("5.0.0", "smtp; 550 5.1.1 x", Class::Hard),
            ("5.0.0", "smtp; 550 5.7.1 x", Class::Policy),
            ("5.0.0", "smtp; 550 no such user", Class::Hard),
            ("5.5.0", "smtp; 550 Requested action not taken: mailbox unavailable", Class::Hard),
            ("5.0.0", "", Class::Unknown),
        ] {
            assert_eq!(class(status, words), expected, "{status} {words}");
        }
    }

    #[test]
    fn without_a_status_the_words_decide_and_then_the_code() {
        for (words, expected) in [
            ("550 Message refused", Class::Policy),
            ("550 Mailbox quota exceeded", Class::Soft),
            ("554 delivery error: This user doesn't have an account here", Class::Hard),
            ("550 Blocked by our policy", Class::Policy),
            ("451 something", Class::Soft),
            ("552 something", Class::Soft),
            ("550 something", Class::Hard),
            ("554 something", Class::Unknown),
            ("Connection timed out", Class::Soft),
            ("", Class::Unknown),
        ] {
            assert_eq!(classify(Some(Action::Failed), None, words), expected, "{words}");
        }
        assert_eq!(classify(Some(Action::Delayed), None, ""), Class::Soft);
        assert_eq!(classify(Some(Action::Delivered), Status::read("2.0.0"), ""), Class::Unknown);
    }
}
