//! What an answer, or the lack of one, means at each stage of a session: DESIGN section 5 as one pure function.

#[cfg(test)]
mod tests;

use std::fmt;

use super::reply::{Class, Reply};

/// How far a session got with one mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Name lookup, TCP, TLS, greeting, EHLO.
    Connect,
    Auth,
    Mail,
    Rcpt,
    Data,
    /// The message is being written; its final dot is not out.
    Content,
    /// The final dot is out: from here on the relay may have the mail.
    Dot,
}

/// How a stage ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Reply(Reply),
    /// The connection broke, or what came back was not SMTP.
    Lost(String),
    TimedOut,
    /// By its own account the relay cannot do what this stage needs, so it was not asked.
    Unsupported(&'static str),
}

/// What is known of the relay beyond this one answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Recent {
    /// The session had been idle in the pool.
    pub(super) pooled: bool,
    /// In the last 10 minutes the relay took another recipient from the same sender.
    pub(super) took_another: bool,
    /// With this one, if it is refused for good, three in a row over different domains were.
    pub(super) third_in_a_row: bool,
}

/// What a try came to. The reasons are for people; the code acts on the variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Accepted,
    /// Nothing was sent.
    Retry,
    /// The session had died in the pool: nobody's fault and nobody's try. At once, on a fresh session.
    Stale,
    /// The relay takes nothing now, for a reason of its own.
    RelayDown(&'static str),
    /// The relay refuses us, whatever the mail.
    Configuration(&'static str),
    /// The relay refuses the address or us, and there is nothing to tell which. Only this mail waits; three of them in a row are
    /// enough to suspect the relay.
    Unclear,
    MaybeSent,
    /// The address refuses mail for good.
    Undeliverable,
    Hold(&'static str),
}

/// The table, row by row: the first that fits. What is not provably permanent is retried.
pub(super) fn classify(stage: Stage, ending: &Ending, recent: Recent) -> Verdict {
    let reply = match (stage, ending) {
        (Stage::Connect, _) => return Verdict::RelayDown("relay away"),
        (_, Ending::Reply(reply)) => reply,
        (Stage::Auth, Ending::Unsupported(_)) => return Verdict::Configuration("we cannot log in"),
        (Stage::Auth, Ending::Lost(_) | Ending::TimedOut) => return Verdict::RelayDown("relay away"),
        (_, Ending::Unsupported(_)) => return Verdict::Hold("the relay cannot take this mail"),
        (Stage::Mail, Ending::Lost(_) | Ending::TimedOut) if recent.pooled => return Verdict::Stale,
        (Stage::Mail | Stage::Rcpt | Stage::Data | Stage::Content, Ending::Lost(_) | Ending::TimedOut) => return Verdict::Retry,
        (Stage::Dot, Ending::Lost(_) | Ending::TimedOut) => return Verdict::MaybeSent,
    };
    let (code, class, enhanced) = (reply.code, reply.class(), reply.enhanced());
    match (stage, class) {
        // RFC 5321, section 3.8: how a relay closes a session that was idle.
        (Stage::Mail, _) if code == 421 && recent.pooled => Verdict::Stale,
        (_, Class::Permanent) if code == 530 => Verdict::Configuration("the relay wants us to log in"),
        (Stage::Auth, Class::Transient) => Verdict::RelayDown("the relay cannot check our login"),
        (Stage::Auth, _) => Verdict::Configuration("the relay refuses our login"),
        (Stage::Dot, Class::Completion) => Verdict::Accepted,
        // Not an answer to the dot: nobody can know what became of the mail.
        (Stage::Dot, Class::Intermediate | Class::Other) => Verdict::MaybeSent,
        (Stage::Mail | Stage::Rcpt | Stage::Dot, Class::Permanent) if recent.third_in_a_row => {
            Verdict::RelayDown("suspicious: three refusals in a row, over different domains")
        }
        (Stage::Mail, Class::Permanent) => refused_at_mail(code, enhanced),
        (Stage::Rcpt, Class::Permanent) => refused_at_rcpt(code, enhanced, recent),
        (Stage::Dot, Class::Permanent) => enhanced.and_then(by_enhanced_code).unwrap_or(Verdict::Hold("the relay refuses the content")),
        (Stage::Connect | Stage::Mail | Stage::Rcpt | Stage::Data | Stage::Content | Stage::Dot, _) => Verdict::Retry,
    }
}

fn refused_at_mail(code: u16, enhanced: Option<(u16, u16)>) -> Verdict {
    match (code, enhanced) {
        (552, _) | (_, Some((3, 4))) => Verdict::Hold("this message is too large for the relay"),
        _ => Verdict::Configuration("the relay refuses our sender"),
    }
}

fn refused_at_rcpt(code: u16, enhanced: Option<(u16, u16)>, recent: Recent) -> Verdict {
    match (code, enhanced) {
        // Postfix answers its checks of the sender here, many relays without saying what they mean.
        (_, Some((1, 0))) | (550 | 551 | 553, None) if recent.took_another => Verdict::Undeliverable,
        (_, Some((1, 0))) | (550 | 551 | 553, None) => Verdict::Unclear,
        // 552 without a word is an old spelling of 452 (RFC 5321, section 4.5.3.1.10).
        (_, enhanced) => enhanced.and_then(by_enhanced_code).unwrap_or(Verdict::Retry),
    }
}

/// RFC 3463, RFC 7505 (5.1.10).
fn by_enhanced_code(enhanced: (u16, u16)) -> Option<Verdict> {
    match enhanced {
        (1, 1 | 2 | 3 | 6 | 10) | (2, 1) => Some(Verdict::Undeliverable),
        (1, 7 | 8) => Some(Verdict::Configuration("the relay refuses our sender")),
        (2, 2) => Some(Verdict::Retry),
        (7, _) => Some(Verdict::Hold("refused by policy")),
        _ => None,
    }
}

/// What becomes of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// Both sides know that no mail is under way.
    Keep,
    /// The same, once the relay has forgotten this one.
    Reset,
    /// Any doubt.
    Drop,
}

/// A session is used again only after a clean reply.
pub(super) fn after(stage: Stage, ending: &Ending) -> After {
    let reply = match ending {
        Ending::Reply(reply) => reply,
        // Nothing was said.
        Ending::Unsupported(_) if stage == Stage::Mail => return After::Keep,
        Ending::Unsupported(_) | Ending::Lost(_) | Ending::TimedOut => return After::Drop,
    };
    // 421: the relay is closing the connection (RFC 5321, section 3.8).
    let refused = matches!(reply.class(), Class::Transient | Class::Permanent) && reply.code != 421;
    match stage {
        Stage::Dot if refused || reply.class() == Class::Completion => After::Keep,
        Stage::Mail | Stage::Rcpt if refused => After::Reset,
        Stage::Connect | Stage::Auth | Stage::Mail | Stage::Rcpt | Stage::Data | Stage::Content | Stage::Dot => After::Drop,
    }
}

impl Ending {
    pub(super) fn is(&self, class: Class) -> bool {
        matches!(self, Self::Reply(reply) if reply.class() == class)
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reply(reply) => reply.fmt(f),
            Self::Lost(how) => write!(f, "connection lost ({how})"),
            Self::TimedOut => f.write_str("timeout"),
            Self::Unsupported(what) => f.write_str(what),
        }
    }
}
