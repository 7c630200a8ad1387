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
    classify::{Ending, Stage},
    opening,
    relay::{Relay, Timeouts},
    reply::{Class, Reply},
    stream::DotWatch,
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
    watch: DotWatch,
    timeouts: Timeouts,
    /// How many were put on it, whatever became of them.
    mails: u32,
}

impl Session {
    pub(super) async fn open(relay: &Relay, wire: &Wire) -> Result<Self, (Stage, Ending)> {
        let watch = DotWatch::default();
        let connection = opening::open(relay, wire, &watch).await?;
        Ok(Self { connection, watch, timeouts: relay.timeouts, mails: 0 })
    }

    pub(super) const fn mails(&self) -> u32 {
        self.mails
    }

    /// Command by command, up to the first answer that is not the one to go on with. `Stage::Dot` with 2yz is an acceptance.
    pub(super) async fn deliver(&mut self, parcel: &Parcel<'_>) -> (Stage, Ending) {
        self.watch.expect_commands();
        self.mails += 1;
        let parameters = match self.mail_parameters(parcel) {
            Ok(parameters) => parameters,
            Err(missing) => return (Stage::Mail, Ending::Unsupported(missing)),
        };
        let Timeouts { mail, rcpt, data_start, .. } = self.timeouts;
        let ending = self.command(Mail::new(Some(parcel.from.clone()), parameters), mail).await;
        if !ending.is(Class::Completion) {
            return (Stage::Mail, ending);
        }
        let ending = self.command(Rcpt::new(parcel.to.clone(), vec![]), rcpt).await;
        if !ending.is(Class::Completion) {
            return (Stage::Rcpt, ending);
        }
        let ending = self.command(Data, data_start).await;
        if !ending.is(Class::Intermediate) {
            return (Stage::Data, ending);
        }
        self.content(parcel.raw).await
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

    /// lettre writes the message with its dot and reads the answer in one call; the watch tells which part it is in. It is given the
    /// message as a command: its own call for messages looks at them byte by byte and writes the dot apart, which is a packet more.
    async fn content(&mut self, raw: &str) -> (Stage, Ending) {
        let Self { connection, watch, timeouts, mails: _ } = self;
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
        self.command(Rset, self.timeouts.farewell).await.is(Class::Completion)
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
