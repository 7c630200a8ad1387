//! One client's connection: the server's half of RFC 5321, with pipelining (RFC 2920).

use std::{io, sync::Arc};

use memchr::memmem::Finder;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
};

use super::{
    Shared,
    command::Command,
    manner::Security,
    message::{Envelope, message_id},
    script::{Answer, Moment, Stage, is_positive},
};

const READ_AT_ONCE: usize = 64 * 1024;

/// TCP, or TLS over it.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

pub(super) struct Session {
    pub(super) stream: Box<dyn Stream>,
    number: u64,
    pub(super) shared: Arc<Shared>,
    pub(super) incoming: Vec<u8>,
    /// Replies wait here until the client has nothing more in flight.
    outgoing: Vec<u8>,
    /// Between MAIL and the dot.
    pub(super) envelope: Option<Envelope>,
    messages: u64,
    pub(super) encrypted: bool,
    pub(super) logged_in: bool,
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
        Self {
            stream: Box::new(stream),
            number,
            shared,
            incoming: Vec::new(),
            outgoing: Vec::new(),
            envelope: None,
            messages: 0,
            encrypted: false,
            logged_in: false,
        }
    }

    pub(super) async fn serve(mut self) -> Result<(), Over> {
        if let Security::Implicit(config) = self.shared.manner.security.clone() {
            self.encrypt(config).await?;
        }
        let greeting = self.decide(Stage::Connect, "");
        self.answer(greeting, "220 sink ESMTP").await?;
        loop {
            let line = self.line().await?;
            let command = Command::parse(&line);
            self.shared.hears(if matches!(command, Command::Auth { .. }) { b"AUTH" } else { &line });
            match command {
                Command::Ehlo => self.ehlo().await?,
                Command::Helo => self.reset("250 sink"),
                Command::StartTls => self.starttls().await?,
                Command::Auth { mechanism, initial } => self.auth(&mechanism, initial).await?,
                Command::Rset => {
                    self.envelope = None;
                    let answer = self.decide(Stage::Rset, "");
                    self.answer(answer, "250 2.0.0 Ok").await?;
                }
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
        if self.shared.manner.login.is_some() && !self.logged_in {
            self.say("530 5.7.0 Log in first");
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
        let drops = answer == Answer::DropDuringContent;
        if !self.answer(answer, "354 Go on").await? {
            return Ok(());
        }
        if drops {
            // What has come with the command counts as the first of it.
            return Err(match self.incoming.is_empty() {
                true => self.receive().await.err().unwrap_or(Over),
                false => Over,
            });
        }
        let content = self.content().await?;
        let id = message_id(&content);
        let answer = self.decide(Stage::Dot, &id);
        let envelope = self.envelope.take().unwrap_or_default();
        if answer.takes_the_message() {
            self.shared.record(self.shared.manner.keep.keeps(id, envelope, &content));
        }
        self.messages += 1;
        self.answer(answer, "250 2.0.0 Ok: taken").await?;
        Ok(())
    }

    pub(super) fn decide(&self, stage: Stage, message_id: &str) -> Answer {
        let (sender, recipients) = self.envelope.as_ref().map_or(("", [].as_slice()), |envelope| (&envelope.sender, &envelope.recipients));
        self.shared.decide(&Moment { stage, connection: self.number, message: self.messages, sender, recipients, message_id })
    }

    /// Whether the client may go on from here.
    pub(super) async fn answer(&mut self, answer: Answer, positive: &str) -> Result<bool, Over> {
        match answer {
            Answer::Accept | Answer::DropDuringContent => self.say(positive),
            Answer::Raw(bytes) => self.say(&bytes),
            Answer::AcceptAfter(time) => {
                self.flush().await?;
                tokio::time::sleep(time).await;
                self.say(positive);
            }
            Answer::Reply(code, text) => {
                self.reply(code, &text);
                return Ok(is_positive(code));
            }
            Answer::ReplyThenDrop(code, text) => {
                self.reply(code, &text);
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
            Answer::StallDuringContent => {
                self.say(positive);
                self.flush().await?;
                std::future::pending::<()>().await;
            }
        }
        Ok(true)
    }

    fn reset(&mut self, reply: &str) {
        self.envelope = None;
        self.say(reply);
    }

    pub(super) fn say(&mut self, reply: &str) {
        self.outgoing.extend_from_slice(reply.as_bytes());
        self.outgoing.extend_from_slice(b"\r\n");
    }

    fn reply(&mut self, code: u16, text: &str) {
        let mut lines = text.lines().peekable();
        while let Some(line) = lines.next() {
            self.say(&format!("{code}{}{line}", if lines.peek().is_some() { '-' } else { ' ' }));
        }
        if text.is_empty() {
            self.say(&format!("{code} "));
        }
    }

    pub(super) async fn flush(&mut self) -> io::Result<()> {
        self.stream.write_all(&self.outgoing).await?;
        // TLS may hold back what it was given.
        self.stream.flush().await?;
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

    pub(super) async fn line(&mut self) -> Result<Vec<u8>, Over> {
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
