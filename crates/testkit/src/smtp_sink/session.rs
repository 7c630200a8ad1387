//! One client's connection: the server's half of RFC 5321, with pipelining (RFC 2920).

use std::{io, sync::Arc};

use memchr::memmem::Finder;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{
    Shared,
    command::Command,
    message::{Envelope, message_id},
    script::{Answer, Moment, Stage, is_positive},
};

const READ_AT_ONCE: usize = 64 * 1024;

pub(super) struct Session {
    stream: TcpStream,
    number: u64,
    shared: Arc<Shared>,
    incoming: Vec<u8>,
    /// Replies wait here until the client has nothing more in flight.
    outgoing: Vec<u8>,
    /// Between MAIL and the dot.
    envelope: Option<Envelope>,
}

/// Why a session is over; whatever it is, nobody acts on it.
pub(super) struct Over;

impl From<io::Error> for Over {
    fn from(_: io::Error) -> Self {
        Self
    }
}

impl Session {
    pub(super) fn new(stream: TcpStream, number: u64, shared: Arc<Shared>) -> Self {
        Self { stream, number, shared, incoming: Vec::new(), outgoing: Vec::new(), envelope: None }
    }

    pub(super) async fn serve(mut self) -> Result<(), Over> {
        let greeting = self.decide(Stage::Connect, "");
        self.answer(greeting, "220 sink ESMTP").await?;
        loop {
            let line = self.line().await?;
            match Command::parse(&line) {
                Command::Ehlo => self.reset("250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 ENHANCEDSTATUSCODES"),
                Command::Helo => self.reset("250 sink"),
                Command::Rset => self.reset("250 2.0.0 Ok"),
                Command::Noop => self.say("250 2.0.0 Ok"),
                Command::Mail { sender } => self.mail(sender).await?,
                Command::Rcpt { recipient } => self.rcpt(recipient).await?,
                Command::Data => self.data().await?,
                Command::Quit => {
                    self.say("221 2.0.0 Bye");
                    self.flush().await?;
                    return Ok(());
                }
                Command::Unknown => self.say("500 5.5.2 Not understood"),
            }
        }
    }

    async fn mail(&mut self, sender: String) -> Result<(), Over> {
        if self.envelope.is_some() {
            self.say("503 5.5.1 One message at a time");
            return Ok(());
        }
        self.envelope = Some(Envelope { sender, recipients: Vec::new() });
        let answer = self.decide(Stage::Mail, "");
        if !self.answer(answer, "250 2.1.0 Ok").await? {
            self.envelope = None;
        }
        Ok(())
    }

    async fn rcpt(&mut self, recipient: String) -> Result<(), Over> {
        let Some(envelope) = &mut self.envelope else {
            self.say("503 5.5.1 MAIL first");
            return Ok(());
        };
        envelope.recipients.push(recipient);
        let answer = self.decide(Stage::Rcpt, "");
        if !self.answer(answer, "250 2.1.5 Ok").await? {
            self.envelope.as_mut().and_then(|envelope| envelope.recipients.pop());
        }
        Ok(())
    }

    async fn data(&mut self) -> Result<(), Over> {
        if self.envelope.as_ref().is_none_or(|envelope| envelope.recipients.is_empty()) {
            self.say("503 5.5.1 No recipient was taken");
            return Ok(());
        }
        let answer = self.decide(Stage::Data, "");
        if !self.answer(answer, "354 Go on").await? {
            return Ok(());
        }
        let content = self.content().await?;
        let id = message_id(&content);
        let answer = self.decide(Stage::Dot, &id);
        let envelope = self.envelope.take().unwrap_or_default();
        if answer.takes_the_message() {
            self.shared.record(self.shared.keep.keeps(id, envelope, &content));
        }
        self.answer(answer, "250 2.0.0 Ok: taken").await?;
        Ok(())
    }

    fn decide(&self, stage: Stage, message_id: &str) -> Answer {
        let (sender, recipients) = self.envelope.as_ref().map_or(("", [].as_slice()), |envelope| (&envelope.sender, &envelope.recipients));
        self.shared.decide(&Moment { stage, connection: self.number, sender, recipients, message_id })
    }

    /// Whether the client may go on from here.
    async fn answer(&mut self, answer: Answer, positive: &str) -> Result<bool, Over> {
        match answer {
            Answer::Accept => self.say(positive),
            Answer::AcceptAfter(time) => {
                self.flush().await?;
                tokio::time::sleep(time).await;
                self.say(positive);
            }
            Answer::Reply(code, text) => {
                self.say(&format!("{code} {text}"));
                return Ok(is_positive(code));
            }
            Answer::ReplyThenDrop(code, text) => {
                self.say(&format!("{code} {text}"));
                self.flush().await?;
                return Err(Over);
            }
            Answer::Drop | Answer::AcceptThenDrop => {
                self.flush().await?;
                return Err(Over);
            }
            Answer::Silence => {
                self.flush().await?;
                return Err(self.silence().await);
            }
        }
        Ok(true)
    }

    fn reset(&mut self, reply: &str) {
        self.envelope = None;
        self.say(reply);
    }

    fn say(&mut self, reply: &str) {
        self.outgoing.extend_from_slice(reply.as_bytes());
        self.outgoing.extend_from_slice(b"\r\n");
    }

    async fn flush(&mut self) -> io::Result<()> {
        self.stream.write_all(&self.outgoing).await?;
        self.outgoing.clear();
        Ok(())
    }

    /// Reads on, so that the client is not stopped by a full window, until it gives up.
    async fn silence(&mut self) -> Over {
        loop {
            self.incoming.clear();
            if let Err(over) = self.receive().await {
                return over;
            }
        }
    }

    /// Everything that the client sent in one go is answered in one go.
    async fn receive(&mut self) -> Result<(), Over> {
        if !self.outgoing.is_empty() {
            self.flush().await?;
        }
        self.incoming.reserve(READ_AT_ONCE);
        match self.stream.read_buf(&mut self.incoming).await? {
            0 => Err(Over),
            _ => Ok(()),
        }
    }

    async fn line(&mut self) -> Result<Vec<u8>, Over> {
        let end = loop {
            match memchr::memchr(b'\n', &self.incoming) {
                Some(end) => break end,
                None => self.receive().await?,
            }
        };
        let mut line: Vec<u8> = self.incoming.drain(..=end).collect();
        line.truncate(line.trim_ascii_end().len());
        Ok(line)
    }

    /// Up to and without the final dot; the line end before it belongs to the content.
    async fn content(&mut self) -> Result<Vec<u8>, Over> {
        let final_dot = Finder::new(b"\r\n.\r\n");
        let mut searched = 0;
        let (content, message) = loop {
            if self.incoming.starts_with(b".\r\n") {
                break (0, 3);
            }
            if let Some(at) = final_dot.find(&self.incoming[searched..]) {
                break (searched + at + 2, searched + at + 5);
            }
            // The dot's line may be cut anywhere by the network.
            searched = self.incoming.len().saturating_sub(4);
            self.receive().await?;
        };
        let mut taken: Vec<u8> = self.incoming.drain(..message).collect();
        taken.truncate(content);
        Ok(taken)
    }
}
