//! One connection to a relay, and one mail after the other on it.

use std::{
    error::Error as _,
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
    time::Duration,
};

use lettre::{
    Address,
    transport::smtp::{
        Error,
        client::AsyncSmtpConnection,
        commands::{Data, Mail, Rcpt, Rset},
        extension::{ClientId, Extension, MailBodyParameter, MailParameter},
        response::Response,
    },
};
use tokio::time::timeout;

use super::{
    classify::{Ending, Stage},
    relay::{Relay, Timeouts},
    reply::{Class, Reply},
    stream::{self, DotWatch},
};

/// An envelope and what is in it.
pub(super) struct Parcel<'a> {
    pub(super) from: Address,
    pub(super) to: Address,
    pub(super) raw: &'a [u8],
}

pub(super) struct Session {
    connection: AsyncSmtpConnection,
    watch: DotWatch,
    timeouts: Timeouts,
}

impl Session {
    /// Connects, and is greeted.
    pub(super) async fn open(relay: &Relay) -> Result<Self, Ending> {
        let timeouts = relay.timeouts;
        let watch = DotWatch::default();
        let connected = timeout(timeouts.connect, stream::connect(&relay.host, relay.port, watch.clone())).await;
        let stream = connected.map_err(|_| Ending::TimedOut)?.map_err(|error| Ending::Lost(error.to_string()))?;
        let name = ClientId::Domain(relay.ehlo_name.clone());
        let greeted = timeout(timeouts.greeting, AsyncSmtpConnection::connect_with_transport(Box::new(stream), &name)).await;
        let connection = greeted.map_err(|_| Ending::TimedOut)?.map_err(ended)?;
        Ok(Self { connection, watch, timeouts })
    }

    /// Command by command, up to the first answer that is not the one to go on with. `Stage::Dot` with 2yz is an acceptance.
    pub(super) async fn deliver(&mut self, parcel: &Parcel<'_>) -> (Stage, Ending) {
        self.watch.expect_commands();
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
        let Parcel { from, to, raw } = parcel;
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

    /// lettre writes the message and the dot and reads the answer in one call; the watch tells which part it is in.
    async fn content(&mut self, raw: &[u8]) -> (Stage, Ending) {
        let Self { connection, watch, timeouts } = self;
        watch.expect_content();
        // lettre ends the last line itself; a second line end would change the bytes that were composed.
        let raw = raw.strip_suffix(b"\r\n").unwrap_or(raw);
        let mut call = pin!(connection.message(raw));
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

    /// Whether both sides agree that no mail is under way. Asks the relay to forget one that it refused half-way.
    pub(super) async fn is_clean_after(&mut self, stage: Stage, ending: &Ending) -> bool {
        let Ending::Reply(reply) = ending else { return matches!(ending, Ending::Unsupported(_)) };
        // 421: the relay is closing the connection (RFC 5321, section 3.8).
        let refused = matches!(reply.class(), Class::Transient | Class::Permanent) && reply.code != 421;
        match stage {
            Stage::Dot => refused || reply.class() == Class::Completion,
            Stage::Mail | Stage::Rcpt => refused && self.command(Rset, self.timeouts.farewell).await.is(Class::Completion),
            Stage::Connect | Stage::Data | Stage::Content => false,
        }
    }

    /// The relay's answer makes no difference any more.
    pub(super) async fn quit(mut self) {
        let _unheard = timeout(self.timeouts.farewell, self.connection.quit()).await;
    }
}

impl Ending {
    fn is(&self, class: Class) -> bool {
        matches!(self, Self::Reply(reply) if reply.class() == class)
    }
}

fn answered(answer: Result<Response, Error>) -> Ending {
    match answer {
        Ok(response) => Ending::Reply(Reply { code: response.code().into(), text: response.message().collect::<Vec<_>>().join(" ") }),
        Err(error) => ended(error),
    }
}

/// lettre makes errors of negative replies, with the joined lines as the source.
fn ended(error: Error) -> Ending {
    match error.status() {
        Some(code) => Ending::Reply(Reply { code: code.into(), text: error.source().map(ToString::to_string).unwrap_or_default() }),
        None => Ending::Lost(error.to_string()),
    }
}
