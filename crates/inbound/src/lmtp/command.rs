//! What the other side may say (RFC 2033; RFC 5321, section 4.1).

use super::reply;
use crate::limits;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Command {
    Lhlo,
    /// HELO or EHLO.
    Hello,
    Mail {
        from: String,
        /// As declared (RFC 1870); 0 if it was not.
        size: usize,
    },
    Rcpt {
        to: String,
    },
    Data,
    Rset,
    Noop,
    Vrfy,
    Help,
    Quit,
    /// A mail follows it whatever we answer (RFC 3030).
    Bdat,
    NotOffered,
    Unknown,
}

impl Command {
    /// `line` is without its line end.
    ///
    /// # Errors
    /// The reply.
    pub(super) fn parse(line: &[u8]) -> Result<Self, &'static str> {
        let line = std::str::from_utf8(line).map_err(|_no_text| reply::SYNTAX)?;
        if line.contains(|letter: char| letter.is_ascii_control()) {
            return Err(reply::SYNTAX);
        }
        let (verb, argument) = line.split_once(' ').unwrap_or((line, ""));
        let argument = argument.trim_matches(' ');
        let alone = |command| if argument.is_empty() { Ok(command) } else { Err(reply::BAD_PARAMETER) };
        match verb.to_ascii_uppercase().as_str() {
            "LHLO" if argument.is_empty() => Err(reply::SYNTAX),
            "LHLO" => Ok(Self::Lhlo),
            "HELO" | "EHLO" => Ok(Self::Hello),
            "MAIL" => mail(argument),
            "RCPT" => rcpt(argument),
            "DATA" => alone(Self::Data),
            "RSET" => alone(Self::Rset),
            "QUIT" => alone(Self::Quit),
            "NOOP" => Ok(Self::Noop),
            "VRFY" => Ok(Self::Vrfy),
            "HELP" => Ok(Self::Help),
            "BDAT" => Ok(Self::Bdat),
            "EXPN" | "AUTH" | "STARTTLS" | "ETRN" | "ATRN" | "BURL" | "TURN" => Ok(Self::NotOffered),
            _ => Ok(Self::Unknown),
        }
    }
}

fn mail(argument: &str) -> Result<Command, &'static str> {
    let (path, parameters) = path(argument, "FROM:")?;
    let from = mailbox(path).ok_or(reply::BAD_SENDER)?.to_owned();
    let mut declared = 0;
    for parameter in parameters.split_ascii_whitespace() {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        match name.to_ascii_uppercase().as_str() {
            "SIZE" => declared = size(value)?,
            "BODY" if ["7BIT", "8BITMIME"].iter().any(|body| value.eq_ignore_ascii_case(body)) => {}
            "BODY" => return Err(reply::BAD_PARAMETER),
            "SMTPUTF8" if value.is_empty() => {}
            _ => return Err(reply::UNKNOWN_PARAMETER),
        }
    }
    Ok(Command::Mail { from, size: declared })
}

fn rcpt(argument: &str) -> Result<Command, &'static str> {
    let (path, parameters) = path(argument, "TO:")?;
    let to = mailbox(path).filter(|to| !to.is_empty()).ok_or(reply::BAD_RECIPIENT)?.to_owned();
    if parameters.is_empty() { Ok(Command::Rcpt { to }) } else { Err(reply::UNKNOWN_PARAMETER) }
}

/// Up to 20 digits (RFC 1870, section 5). What no machine could hold is as large as it gets.
fn size(value: &str) -> Result<usize, &'static str> {
    if !(1..=20).contains(&value.len()) || !value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(reply::BAD_PARAMETER);
    }
    Ok(value.parse().unwrap_or(usize::MAX))
}

/// What stands between the angle brackets, and what stands behind them. A space before the path is common.
fn path<'l>(argument: &'l str, keyword: &str) -> Result<(&'l str, &'l str), &'static str> {
    let (given, rest) = argument.split_at_checked(keyword.len()).ok_or(reply::SYNTAX)?;
    let rest = rest.trim_start_matches(' ').strip_prefix('<').ok_or(reply::SYNTAX)?;
    let end = closing_bracket(rest).ok_or(reply::SYNTAX)?;
    let (path, parameters) = (&rest[..end], &rest[end + 1..]);
    if !given.eq_ignore_ascii_case(keyword) || !(parameters.is_empty() || parameters.starts_with(' ')) {
        return Err(reply::SYNTAX);
    }
    Ok((path, parameters.trim_start_matches(' ')))
}

/// A quoted local part may have brackets of its own.
fn closing_bracket(text: &str) -> Option<usize> {
    let mut is_quoted = false;
    let mut bytes = text.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'\\' if is_quoted => drop(bytes.next()),
            b'>' if !is_quoted => return Some(at),
            _ => {}
        }
    }
    None
}

/// The address of a path, without the route that RFC 5321, section 4.1.1.3 has us ignore. Not judged further: what mail servers hand
/// over is often less than the grammar asks for (`a..b@…`, `MAILER-DAEMON`), and the mail is a person's all the same.
fn mailbox(path: &str) -> Option<&str> {
    let mailbox = if path.starts_with('@') { path.split_once(':')?.1 } else { path };
    let is_plain = mailbox.starts_with('"') || !mailbox.contains([' ', '<']);
    (is_plain && mailbox.len() <= limits::ADDRESS).then_some(mailbox)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(from: &str, size: usize) -> Result<Command, &'static str> {
        Ok(Command::Mail { from: from.to_owned(), size })
    }

    fn rcpt(to: &str) -> Result<Command, &'static str> {
        Ok(Command::Rcpt { to: to.to_owned() })
    }

    #[test]
    fn commands_are_read_in_any_case() {
        for (line, expected) in [
            ("LHLO mx.example", Ok(Command::Lhlo)),
            ("lhlo [127.0.0.1]", Ok(Command::Lhlo)),
            ("LHLO", Err(reply::SYNTAX)),
            ("EHLO mx.example", Ok(Command::Hello)),
            ("helo", Ok(Command::Hello)),
            ("MAIL FROM:<>", mail("", 0)),
            ("mail from: <a@b.example> size=1000 body=8bitmime smtputf8", mail("a@b.example", 1000)),
            ("MAIL FROM:<a@b.example>  BODY=7BIT ", mail("a@b.example", 0)),
            ("MAIL FROM:<a..b@docomo.example>", mail("a..b@docomo.example", 0)),
            ("MAIL FROM:<MAILER-DAEMON>", mail("MAILER-DAEMON", 0)),
            ("MAIL FROM:<@one.example,@two.example:a@b.example>", mail("a@b.example", 0)),
            ("MAIL FROM:<\"a >\\\" b\"@c.example> SIZE=1", mail("\"a >\\\" b\"@c.example", 1)),
            ("MAIL FROM:<grå@b.example> SMTPUTF8", mail("grå@b.example", 0)),
            ("MAIL FROM:<a@b> SIZE=18446744073709551616", mail("a@b", usize::MAX)),
            ("MAIL FROM:<a@b> SIZE=184467440737095516159", Err(reply::BAD_PARAMETER)),
            ("MAIL FROM:<a@b> SIZE=", Err(reply::BAD_PARAMETER)),
            ("MAIL FROM:<a@b> SIZE=-1", Err(reply::BAD_PARAMETER)),
            ("MAIL FROM:<a@b> BODY=BINARYMIME", Err(reply::BAD_PARAMETER)),
            ("MAIL FROM:<a@b> RET=FULL", Err(reply::UNKNOWN_PARAMETER)),
            ("MAIL FROM:<a@b>SIZE=1", Err(reply::SYNTAX)),
            ("MAIL FROM:a@b", Err(reply::SYNTAX)),
            ("MAIL FROM:<a@b", Err(reply::SYNTAX)),
            ("MAIL TO:<a@b>", Err(reply::SYNTAX)),
            ("MAIL", Err(reply::SYNTAX)),
            ("MAIL FROM:<a b@c>", Err(reply::BAD_SENDER)),
            ("MAIL FROM:<@a.example>", Err(reply::BAD_SENDER)),
            ("RCPT TO:<reply+x@jobs.example>", rcpt("reply+x@jobs.example")),
            ("RCPT TO:<Postmaster>", rcpt("Postmaster")),
            ("RCPT TO:<>", Err(reply::BAD_RECIPIENT)),
            ("RCPT TO:<a@b> NOTIFY=NEVER", Err(reply::UNKNOWN_PARAMETER)),
            ("DATA", Ok(Command::Data)),
            ("data  ", Ok(Command::Data)),
            ("DATA now", Err(reply::BAD_PARAMETER)),
            ("RSET", Ok(Command::Rset)),
            ("NOOP and more", Ok(Command::Noop)),
            ("VRFY ada", Ok(Command::Vrfy)),
            ("HELP", Ok(Command::Help)),
            ("QUIT", Ok(Command::Quit)),
            ("BDAT 10 LAST", Ok(Command::Bdat)),
            ("STARTTLS", Ok(Command::NotOffered)),
            ("GET / HTTP/1.1", Ok(Command::Unknown)),
            ("", Ok(Command::Unknown)),
            (" QUIT", Ok(Command::Unknown)),
            ("MAIL FROM:<a\0@b>", Err(reply::SYNTAX)),
            ("MAIL\tFROM:<a@b>", Err(reply::SYNTAX)),
        ] {
            assert_eq!(Command::parse(line.as_bytes()), expected, "{line}");
        }
        assert_eq!(Command::parse(b"MAIL FROM:<\xff@b>"), Err(reply::SYNTAX));
        let long = "x".repeat(limits::ADDRESS + 1);
        assert_eq!(Command::parse(format!("RCPT TO:<{long}>").as_bytes()), Err(reply::BAD_RECIPIENT));
    }
}
