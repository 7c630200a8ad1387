//! One connection to a relay, and one mail after the other on it.

use std::{
    error::Error as _,
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
    time::Duration,
};

use hearback_domain::EmailAddress;
use lettre::{
    Address,
    address::AddressError,
    transport::smtp::{
        Error,
        client::AsyncSmtpConnection,
        commands::{Data, Mail, Rcpt, Rset},
        extension::{Extension, MailBodyParameter, MailParameter},
        response::Response,
    },
};
use tokio::time::timeout;

use super::{
    classify::{After, Ending, Stage, after},
    opening,
    relay::{Relay, Timeouts},
    reply::{Class, Reply},
    stream::Watch,
    tls::Wire,
};
use crate::Composed;

/// An envelope and what is in it.
pub(super) struct Parcel<'a> {
    pub(super) sender: &'a EmailAddress,
    pub(super) recipient: &'a EmailAddress,
    from: Address,
    to: Address,
    raw: &'a str,
}

/// A mail cannot be put on the wire, now or on any retry.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unsendable {
    /// lettre cannot write an address that is valid for us.
    #[error("an address of the envelope cannot be written in SMTP")]
    Address(#[from] AddressError),
    #[error("its bytes are not UTF-8")]
    Bytes(#[from] std::str::Utf8Error),
}

impl<'a> Parcel<'a> {
    pub(super) fn from(mail: &'a Composed) -> Result<Self, Unsendable> {
        let Composed { envelope_from: sender, to: recipient, raw, .. } = mail;
        let written = |address: &EmailAddress| Address::new(address.local_part(), address.domain());
        Ok(Self { from: written(sender)?, to: written(recipient)?, sender, recipient, raw: std::str::from_utf8(raw)? })
    }
}

/// A message as it goes over the wire, its end included.
struct Content<'a>(&'a str);

impl std::fmt::Display for Content<'_> {
    /// RFC 5321, section 4.5.2: a line that begins with a dot gets another one.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self(raw) = self;
        // The line end before the final dot is the message's own last one, where it has one.
        let raw = raw.strip_suffix("\r\n").unwrap_or(raw);
        if raw.starts_with('.') {
            f.write_str(".")?;
        }
        let mut rest = raw;
        while let Some(at) = rest.find("\r\n.") {
            let (line, next) = rest.split_at(at + "\r\n.".len());
            f.write_str(line)?;
            f.write_str(".")?;
            rest = next;
        }
        f.write_str(rest)?;
        f.write_str("\r\n.\r\n")
    }
}

pub(super) struct Session {
    connection: AsyncSmtpConnection,
    watch: Watch,
    timeouts: Timeouts,
    /// How many were put on it, whatever became of them.
    mails: u32,
    /// As many answers came as there were commands.
    is_in_step: bool,
}

impl Session {
    pub(super) async fn open(relay: &Relay, wire: &Wire) -> Result<Self, (Stage, Ending)> {
        let watch = Watch::default();
        let connection = opening::open(relay, wire, &watch).await?;
        Ok(Self { connection, watch, timeouts: relay.timeouts, mails: 0, is_in_step: true })
    }

    pub(super) const fn mails(&self) -> u32 {
        self.mails
    }

    /// Up to the first answer that is not the one to go on with. `Stage::Dot` with 2yz is an acceptance.
    ///
    /// A session's first mail goes command by command. After that the envelope goes out at once where the relay offers to take it so
    /// (RFC 2920): two waits for it instead of four. A relay that then closes without an answer leaves open which command it minded, so
    /// the mail is given to a fresh session (`Verdict::Stale`), where it is the first.
    pub(super) async fn deliver(&mut self, parcel: &Parcel<'_>) -> (Stage, Ending) {
        let at_once = self.mails > 0 && self.watch.offers_pipelining();
        self.watch.expect_commands();
        self.mails += 1;
        let parameters = match self.mail_parameters(parcel) {
            Ok(parameters) => parameters,
            Err(missing) => return (Stage::Mail, Ending::Unsupported(missing)),
        };
        let Timeouts { mail, rcpt, data_start, .. } = self.timeouts;
        let steps = [
            (Stage::Mail, Mail::new(Some(parcel.from.clone()), parameters).to_string(), mail, Class::Completion),
            (Stage::Rcpt, Rcpt::new(parcel.to.clone(), vec![]).to_string(), rcpt, Class::Completion),
            (Stage::Data, Data.to_string(), data_start, Class::Intermediate),
        ];
        for (index, (stage, command, limit, expected)) in steps.iter().enumerate() {
            let ending = match (at_once, index) {
                (false, _) => self.command(command, *limit).await,
                (true, 0) => self.command(steps.each_ref().map(|(_, command, ..)| command.as_str()).concat(), *limit).await,
                (true, _) => self.answer(*limit).await,
            };
            if !ending.is(*expected) {
                // Nothing more is heard where the session ends anyway: a relay that is closing may say nothing for as long as it likes.
                if at_once && after(*stage, &ending) == After::Reset {
                    let unread = steps[index + 1..].iter().map(|(_, _, limit, _)| *limit);
                    self.is_in_step = self.read_the_rest(unread).await;
                }
                return (*stage, ending);
            }
        }
        self.content(parcel.raw).await
    }

    /// The answers to what went out with a command that was refused; whether all of them came. A relay that waits for a message all the
    /// same is given none: the dot alone, to nobody (RFC 2920, section 3.1).
    async fn read_the_rest(&mut self, limits: impl Iterator<Item = Duration>) -> bool {
        for limit in limits {
            let ending = self.answer(limit).await;
            let is_answered = match ending {
                Ending::Reply(_) if ending.is(Class::Intermediate) => {
                    let end = self.timeouts.data_end;
                    matches!(self.command(".\r\n", end).await, Ending::Reply(_))
                }
                Ending::Reply(_) => true,
                Ending::Lost(_) | Ending::TimedOut | Ending::Unsupported(_) => false,
            };
            if !is_answered {
                return false;
            }
        }
        true
    }

    /// RFC 6531, section 3.4: letters beyond ASCII, in addresses or bytes, only to a relay that offers to take them.
    fn mail_parameters(&self, parcel: &Parcel<'_>) -> Result<Vec<MailParameter>, &'static str> {
        let Parcel { from, to, raw, .. } = parcel;
        // Domains are in their ASCII form already.
        if from.user().is_ascii() && to.user().is_ascii() && raw.is_ascii() {
            return Ok(vec![]);
        }
        let offers = |extension| self.connection.server_info().supports_feature(extension);
        if !offers(Extension::SmtpUtfEight) || !offers(Extension::EightBitMime) {
            return Err("it does not offer SMTPUTF8 and 8BITMIME, which this address needs");
        }
        Ok(vec![MailParameter::SmtpUtfEight, MailParameter::Body(MailBodyParameter::EightBitMime)])
    }

    async fn command(&mut self, command: impl std::fmt::Display, limit: Duration) -> Ending {
        timeout(limit, self.connection.command(command)).await.map_or(Ending::TimedOut, answered)
    }

    async fn answer(&mut self, limit: Duration) -> Ending {
        timeout(limit, self.connection.read_response()).await.map_or(Ending::TimedOut, answered)
    }

    /// lettre writes the message with its dot and reads the answer in one call; the watch tells which part it is in. It is given the
    /// message as a command: its own call for messages looks at them byte by byte and writes the dot apart, which is a packet more.
    async fn content(&mut self, raw: &str) -> (Stage, Ending) {
        let Self { connection, watch, timeouts, .. } = self;
        watch.expect_content();
        let mut call = pin!(connection.command(Content(raw)));
        let until_the_dot = poll_fn(|context| match call.as_mut().poll(context) {
            Poll::Ready(answer) => Poll::Ready(Some(answer)),
            Poll::Pending if watch.dot_is_out() => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        });
        let ending = match timeout(timeouts.data_block, until_the_dot).await {
            Ok(Some(answer)) => answered(answer),
            Ok(None) => timeout(timeouts.data_end, call).await.map_or(Ending::TimedOut, answered),
            Err(_) => Ending::TimedOut,
        };
        let stage = if watch.dot_is_out() { Stage::Dot } else { Stage::Content };
        (stage, ending)
    }

    /// Asks the relay to forget a mail that it refused half-way; whether both sides agree now that none is under way.
    pub(super) async fn reset(&mut self) -> bool {
        self.is_in_step && self.command(Rset, self.timeouts.farewell).await.is(Class::Completion)
    }

    /// The relay's answer makes no difference any more.
    pub(super) async fn quit(mut self) {
        let _unheard = timeout(self.timeouts.farewell, self.connection.quit()).await;
    }
}

pub(super) fn answered(answer: Result<Response, Error>) -> Ending {
    match answer {
        Ok(response) => Ending::Reply(Reply { code: response.code().into(), text: response.message().collect::<Vec<_>>().join(" ") }),
        Err(error) => ended(&error),
    }
}

/// lettre makes errors of negative replies, with the joined lines as the source.
pub(super) fn ended(error: &Error) -> Ending {
    match error.status() {
        Some(code) => Ending::Reply(Reply { code: code.into(), text: error.source().map(ToString::to_string).unwrap_or_default() }),
        None => Ending::Lost(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_begins_with_a_dot_is_not_the_end() {
        for (raw, wire) in [
            ("a\r\n", "a\r\n.\r\n"),
            ("a", "a\r\n.\r\n"),
            ("", "\r\n.\r\n"),
            (".\r\n", "..\r\n.\r\n"),
            ("a\r\n.\r\nb\r\n", "a\r\n..\r\nb\r\n.\r\n"),
            ("a\r\n..\r\n.b\r\n", "a\r\n...\r\n..b\r\n.\r\n"),
            ("a.\r\nb\r\n\r\n", "a.\r\nb\r\n\r\n.\r\n"),
            ("a\n.b\r\n", "a\n.b\r\n.\r\n"),
        ] {
            assert_eq!(Content(raw).to_string(), wire);
        }
    }
}
