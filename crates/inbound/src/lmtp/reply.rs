//! All that we say, with enhanced status codes (RFC 3463, RFC 5248).

/// The words stay: mail servers log them, and people search for them.
macro_rules! replies {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)+) => {
        $($(#[$doc])* pub(super) const $name: &str = $text;)+

        #[cfg(test)]
        const ALL: &[&str] = &[$($name),+];
    };
}

replies! {
    OK = "250 2.0.0 Ok",
    SENDER_OK = "250 2.1.0 Ok",
    RECIPIENT_OK = "250 2.1.5 Ok",
    HELP = "214 2.0.0 LHLO MAIL RCPT DATA RSET NOOP VRFY HELP QUIT; see RFC 2033",
    VRFY = "252 2.5.0 Not looked up; mail for it is taken",
    BYE = "221 2.0.0 Bye",

    TOO_MANY_CONNECTIONS = "421 4.3.2 Too many connections, come again later",
    STOPPING = "421 4.3.2 Stopping, come again later",
    TOO_SLOW = "421 4.4.2 Waited too long, closing",
    TOO_MANY_ERRORS = "421 4.7.0 Too many errors, closing",
    TOO_MANY_COMMANDS = "421 4.7.0 Too many commands without a mail, closing",
    /// What comes next may be a mail, and must not be read as commands.
    OUT_OF_STEP = "421 4.5.0 Sent on before an answer, closing",

    TOO_MANY_MAILS = "450 4.7.1 Too many mails within a minute, try again later",
    CANNOT_ASK = "451 4.3.0 Recipients cannot be looked up now, try again later",
    NOT_STORED = "451 4.3.0 Not stored, try again later",
    NO_ROOM = "452 4.3.1 Too many bytes are coming in, try again later",
    TOO_MANY_RECIPIENTS = "452 4.5.3 Too many recipients, send the rest again",

    UNKNOWN = "500 5.5.1 Unknown command",
    /// RFC 2033, section 4.1.
    SAY_LHLO = "500 5.5.1 This is LMTP: say LHLO",
    LINE_TOO_LONG = "500 5.5.2 Line too long",
    /// RFC 5321, section 2.3.8.
    BARE_LINE_END = "500 5.5.2 A line ends with CR LF, and has neither within",
    SYNTAX = "501 5.5.2 Syntax error",
    BAD_PARAMETER = "501 5.5.4 Bad parameter",
    BAD_SENDER = "501 5.1.7 Bad sender address",
    BAD_RECIPIENT = "501 5.1.3 Bad recipient address",
    NOT_OFFERED = "502 5.5.1 Not offered",
    LHLO_FIRST = "503 5.5.1 LHLO first",
    MAIL_FIRST = "503 5.5.1 MAIL first",
    MAIL_TWICE = "503 5.5.1 One MAIL at a time",
    /// RFC 2033, section 4.2.
    NO_RECIPIENTS = "503 5.5.1 No valid recipients",
    BAD_TOKEN = "550 5.1.1 No such address",
    TOO_BIG = "552 5.3.4 Larger than SIZE allows",
    UNKNOWN_PARAMETER = "555 5.5.4 Parameter not offered",
    GO_ON = "354 End with CR LF . CR LF",
}

/// After the dot. The id is for the logs of the other side.
pub(super) fn stored(id: &str) -> String {
    let shown: String = id.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '-').take(64).collect();
    if shown.is_empty() { OK.to_owned() } else { format!("250 2.0.0 Ok: stored as {shown}") }
}

/// The answer to LHLO: what is offered (RFC 1870, 2034, 2920, 6152, 6531).
pub(super) fn offers(name: &str, mail: usize) -> String {
    format!("250-{name}\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n250 SIZE {mail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reply_has_a_code_and_an_enhanced_code_of_its_class() {
        for reply in ALL {
            let (code, rest) = reply.split_once(' ').unwrap();
            assert!(code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_digit()), "{reply}");
            assert!(reply.bytes().all(|byte| (b' '..=b'~').contains(&byte)) && reply.len() < 100, "{reply}");
            // RFC 2034 leaves 3yz without one.
            if *reply != GO_ON {
                let enhanced: Vec<&str> = rest.split(' ').next().unwrap().split('.').collect();
                assert!(enhanced.len() == 3 && enhanced.iter().all(|part| part.parse::<u16>().is_ok()), "{reply}");
                assert_eq!(enhanced[0], &code[..1], "{reply}");
            }
        }
    }

    #[test]
    fn an_id_cannot_break_out_of_its_reply() {
        assert_eq!(stored("0192-ab\r\n250 x"), "250 2.0.0 Ok: stored as 0192-ab250x");
        assert_eq!(stored(""), OK);
        assert!(stored(&"x".repeat(10_000)).len() < 100);
    }
}
