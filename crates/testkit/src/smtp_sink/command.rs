//! The commands that a client sends (RFC 5321, section 4.1).

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Command {
    Ehlo,
    Helo,
    StartTls,
    Auth { mechanism: String, initial: Option<String> },
    Mail { sender: String },
    Rcpt { recipient: String },
    Data,
    Rset,
    Noop,
    Quit,
    Unknown,
}

impl Command {
    /// `line` is without its line end. Verbs and their keywords have no case.
    pub(super) fn parse(line: &[u8]) -> Self {
        let verb = &line[..memchr::memchr(b' ', line).unwrap_or(line.len())];
        let is = |name: &str| verb.eq_ignore_ascii_case(name.as_bytes());
        match verb.len() {
            4 if is("MAIL") => path(line, b"FROM:").map_or(Self::Unknown, |sender| Self::Mail { sender }),
            4 if is("RCPT") => path(line, b"TO:").map_or(Self::Unknown, |recipient| Self::Rcpt { recipient }),
            4 if is("DATA") => Self::Data,
            4 if is("EHLO") => Self::Ehlo,
            4 if is("HELO") => Self::Helo,
            4 if is("RSET") => Self::Rset,
            4 if is("AUTH") => auth(line).unwrap_or(Self::Unknown),
            4 if is("NOOP") => Self::Noop,
            4 if is("QUIT") => Self::Quit,
            8 if is("STARTTLS") => Self::StartTls,
            _ => Self::Unknown,
        }
    }
}

/// RFC 4954, section 4.
fn auth(line: &[u8]) -> Option<Command> {
    let line = std::str::from_utf8(line).ok()?;
    let mut words = line.split_ascii_whitespace().skip(1);
    Some(Command::Auth { mechanism: words.next()?.to_ascii_uppercase(), initial: words.next().map(str::to_owned) })
}

/// What stands between the angle brackets.
fn path(line: &[u8], keyword: &[u8]) -> Option<String> {
    let argument = line.get(5..)?.trim_ascii_start();
    let (given, rest) = argument.split_at_checked(keyword.len())?;
    let rest = rest.trim_ascii_start().strip_prefix(b"<")?;
    let end = memchr::memchr(b'>', rest)?;
    given.eq_ignore_ascii_case(keyword).then(|| String::from_utf8_lossy(&rest[..end]).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read_in_any_case_with_their_parameters_left_aside() {
        for (line, expected) in [
            ("MAIL FROM:<a@b.c> BODY=8BITMIME SIZE=3", Command::Mail { sender: "a@b.c".to_owned() }),
            ("mail from:<>", Command::Mail { sender: String::new() }),
            ("Rcpt To: <x@y.z>", Command::Rcpt { recipient: "x@y.z".to_owned() }),
            ("quit", Command::Quit),
            ("EHLO [127.0.0.1]", Command::Ehlo),
            ("MAIL FROM:a@b.c", Command::Unknown),
            ("MAIL", Command::Unknown),
            ("RCPT TO:<x", Command::Unknown),
            ("starttls", Command::StartTls),
            ("AUTH plain AGEAYg==", Command::Auth { mechanism: "PLAIN".to_owned(), initial: Some("AGEAYg==".to_owned()) }),
            ("AUTH LOGIN", Command::Auth { mechanism: "LOGIN".to_owned(), initial: None }),
            ("AUTH", Command::Unknown),
            ("", Command::Unknown),
        ] {
            assert_eq!(Command::parse(line.as_bytes()), expected, "{line}");
        }
    }
}
