//! A mail as somebody else's parser reads it: Python's `email` package, with its strict policy.

use std::{
    io::{self, Write},
    process::{Command, Stdio},
};

const READER: &str = include_str!("parsed_mail.py");

#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
pub struct ParsedMail {
    /// Decoded and unfolded, in their order.
    pub headers: Vec<(String, String)>,
    pub text: Option<String>,
    pub html: Option<String>,
    /// What the standards do not allow.
    pub defects: Vec<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum UnreadableMail {
    #[error("python3 does not run ({0}): apt-get install python3")]
    Python(#[from] io::Error),
    #[error("the parser refuses the mail: {0}")]
    Refused(String),
}

impl ParsedMail {
    /// Blocks until Python has read it.
    pub fn read(raw: &[u8]) -> Result<Self, UnreadableMail> {
        let mut python =
            Command::new("python3").args(["-c", READER]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        // It reads to the end before it writes. Dropped at the end of the statement, which ends the mail.
        python.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(raw))?;
        let output = python.wait_with_output()?;
        if !output.status.success() {
            return Err(UnreadableMail::Refused(String::from_utf8_lossy(&output.stderr).into_owned()));
        }
        serde_json::from_slice(&output.stdout).map_err(|error| UnreadableMail::Refused(error.to_string()))
    }

    /// The only header of that name; `None` if there is none, or more than one.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(given, _)| given.eq_ignore_ascii_case(name));
        let (_, value) = found.next()?;
        found.next().is_none().then_some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sound_mail_is_read_with_its_words_decoded() {
        let mail = ParsedMail::read(b"Subject: =?utf-8?q?Zo=C3=AB?=\r\nContent-Type: text/plain\r\n\r\nHello\r\n").unwrap();
        assert_eq!((mail.header("subject"), mail.text.as_deref(), mail.defects.len()), (Some("Zo\u{eb}"), Some("Hello\n"), 0));
    }

    #[test]
    fn a_broken_mail_is_refused() {
        assert!(ParsedMail::read(b"Content-Type: multipart/mixed; boundary=x\r\n\r\nno parts\r\n").is_err());
    }
}
