//! What an answer, or the lack of one, means at each stage of a session. DESIGN section 5 has the same as a table.

use chrono::{DateTime, Utc};
use hearback_domain::notification::Outcome;

use super::reply::{Class, Reply};

/// How far a session got with one mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Name lookup, TCP, greeting, EHLO.
    Connect,
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
    /// The relay cannot take this mail by its own account of what it can do.
    Unsupported(&'static str),
}

/// Pure. `resume_at` is when a relay that is away is tried again.
pub(super) fn classify(stage: Stage, ending: &Ending, resume_at: DateTime<Utc>) -> Outcome {
    let reply = match (stage, ending) {
        (Stage::Connect, ending) => return Outcome::RelayDown { reason: format!("relay away: {}", told(ending)), resume_at },
        (_, Ending::Reply(reply)) => reply,
        (_, Ending::Unsupported(what)) => return hold("the relay cannot take this mail", what),
        (Stage::Dot, ending) => return Outcome::MaybeSent { reason: format!("no answer after the final dot: {}", told(ending)) },
        (stage, ending) => return Outcome::Retry { reason: format!("{} before the final dot, at {stage:?}", told(ending)) },
    };
    match (stage, reply.class()) {
        (Stage::Dot, Class::Completion) => Outcome::Accepted { reply: reply.to_string() },
        // Not an answer to the dot: nobody can know what became of the mail.
        (Stage::Dot, Class::Intermediate | Class::Other) => {
            Outcome::MaybeSent { reason: format!("no answer to the final dot, but {reply}") }
        }
        (Stage::Mail, Class::Permanent) => refused_at_mail(reply),
        (Stage::Rcpt, Class::Permanent) => refused_at_rcpt(reply),
        (Stage::Dot, Class::Permanent) => refused_after_the_dot(reply),
        (Stage::Mail | Stage::Rcpt | Stage::Dot, _) | (Stage::Connect | Stage::Data | Stage::Content, _) => {
            Outcome::Retry { reason: reply.to_string() }
        }
    }
}

fn refused_at_mail(reply: &Reply) -> Outcome {
    match (reply.code, reply.enhanced()) {
        (552, _) | (_, Some((3, 4))) => hold("this message is too large for the relay", reply),
        _ => hold("our configuration: the relay refuses our sender", reply),
    }
}

fn refused_at_rcpt(reply: &Reply) -> Outcome {
    match (reply.code, reply.enhanced()) {
        (_, Some((1, 7 | 8))) => hold("our configuration: the relay refuses our sender", reply),
        (_, Some(enhanced)) if let Some(outcome) = by_enhanced_code(enhanced, reply) => outcome,
        // RFC 5321, section 4.5.3.1.10: an old spelling of 452.
        (552, _) => Outcome::Retry { reason: reply.to_string() },
        _ => refused_without_a_cause(reply),
    }
}

/// Bare 550, 551, 553, or 5.1.0, at RCPT: the address or our sender (Postfix checks senders here). The relay's record with
/// other recipients of the same sender tells them apart; until that record exists, a person does.
fn refused_without_a_cause(reply: &Reply) -> Outcome {
    hold("the address or our sender is refused, and the relay does not say which", reply)
}

fn refused_after_the_dot(reply: &Reply) -> Outcome {
    reply.enhanced().and_then(|enhanced| by_enhanced_code(enhanced, reply)).unwrap_or_else(|| hold("the relay refuses the content", reply))
}

/// RFC 3463, RFC 7505 (5.1.10).
fn by_enhanced_code(enhanced: (u16, u16), reply: &Reply) -> Option<Outcome> {
    match enhanced {
        (1, 1 | 2 | 3 | 6 | 10) | (2, 1) => Some(Outcome::Undeliverable { reason: reply.to_string() }),
        (2, 2) => Some(Outcome::Retry { reason: reply.to_string() }),
        (7, _) => Some(hold("refused by policy", reply)),
        _ => None,
    }
}

fn hold(why: &str, told: impl std::fmt::Display) -> Outcome {
    Outcome::Hold { reason: format!("{why}: {told}") }
}

fn told(ending: &Ending) -> String {
    match ending {
        Ending::Reply(reply) => reply.to_string(),
        Ending::Lost(how) => format!("connection lost ({how})"),
        Ending::TimedOut => "timeout".to_owned(),
        Ending::Unsupported(what) => (*what).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The outcome without its words.
    fn meaning(stage: Stage, ending: &Ending) -> &'static str {
        let resume_at = DateTime::UNIX_EPOCH;
        match classify(stage, ending, resume_at) {
            Outcome::Accepted { .. } => "accepted",
            Outcome::Retry { .. } => "retry",
            Outcome::RelayDown { resume_at: at, .. } => {
                assert_eq!(at, resume_at);
                "relay down"
            }
            Outcome::MaybeSent { .. } => "maybe sent",
            Outcome::Undeliverable { .. } => "undeliverable",
            Outcome::Hold { reason } if reason.starts_with("our configuration") => "configuration",
            Outcome::Hold { .. } => "hold",
        }
    }

    fn reply(line: &str) -> Ending {
        let (code, text) = line.split_once(' ').unwrap_or((line, ""));
        Ending::Reply(Reply { code: code.parse().unwrap(), text: text.to_owned() })
    }

    #[test]
    fn every_answer_means_what_the_table_says() {
        use Stage::{Connect, Content, Data, Dot, Mail, Rcpt};
        for (stage, line, expected) in [
            (Connect, "421 busy", "relay down"),
            (Connect, "554 go away", "relay down"),
            (Mail, "421 4.3.2 closing", "retry"),
            (Mail, "451 later", "retry"),
            (Mail, "530 5.7.0 authenticate first", "configuration"),
            (Mail, "550 5.7.1 not you", "configuration"),
            (Mail, "552 too big", "hold"),
            (Mail, "554 5.3.4 too big", "hold"),
            (Rcpt, "421 closing", "retry"),
            (Rcpt, "450 4.2.0 greylisted", "retry"),
            (Rcpt, "451 4.1.1 later", "retry"),
            (Rcpt, "452 too many", "retry"),
            (Rcpt, "552 full", "retry"),
            (Rcpt, "550 5.1.1 no such user", "undeliverable"),
            (Rcpt, "550 5.1.2 no such host", "undeliverable"),
            (Rcpt, "553 5.1.3 syntax", "undeliverable"),
            (Rcpt, "551 5.1.6 moved", "undeliverable"),
            (Rcpt, "556 5.1.10 null MX", "undeliverable"),
            (Rcpt, "550 5.2.1 disabled", "undeliverable"),
            (Rcpt, "552 5.2.2 full", "retry"),
            (Rcpt, "550 5.2.2 full", "retry"),
            (Rcpt, "550 5.1.7 bad sender", "configuration"),
            (Rcpt, "550 5.1.8 bad sender", "configuration"),
            (Rcpt, "550 5.7.1 policy", "hold"),
            (Rcpt, "550 5.1.0 rejected", "hold"),
            (Rcpt, "550 no", "hold"),
            (Rcpt, "551 no", "hold"),
            (Rcpt, "553 no", "hold"),
            (Rcpt, "550 4.1.1 mixed up", "hold"),
            (Data, "451 later", "retry"),
            (Data, "554 no valid recipients", "retry"),
            (Data, "250 what", "retry"),
            (Content, "421 closing", "retry"),
            (Dot, "250 2.0.0 queued as 1", "accepted"),
            (Dot, "354 go on", "maybe sent"),
            (Dot, "421 closing", "retry"),
            (Dot, "451 later", "retry"),
            (Dot, "452 4.3.1 disk", "retry"),
            (Dot, "550 5.1.1 no such user", "undeliverable"),
            (Dot, "552 5.2.2 full", "retry"),
            (Dot, "554 5.7.1 spam", "hold"),
            (Dot, "554 no", "hold"),
            (Dot, "552 5.3.4 too big", "hold"),
        ] {
            assert_eq!(meaning(stage, &reply(line)), expected, "{stage:?} {line}");
        }
    }

    #[test]
    fn silence_is_a_doubt_only_after_the_dot() {
        for ending in [Ending::Lost("reset".into()), Ending::TimedOut] {
            for stage in [Stage::Mail, Stage::Rcpt, Stage::Data, Stage::Content] {
                assert_eq!(meaning(stage, &ending), "retry", "{stage:?}");
            }
            assert_eq!(meaning(Stage::Connect, &ending), "relay down");
            assert_eq!(meaning(Stage::Dot, &ending), "maybe sent");
        }
    }

    #[test]
    fn an_acceptance_carries_the_relays_own_words() {
        let accepted = classify(Stage::Dot, &reply("250 2.0.0 queued as 4F1"), DateTime::UNIX_EPOCH);
        assert_eq!(accepted, Outcome::Accepted { reply: "250 2.0.0 queued as 4F1".into() });
    }
}
