//! One connection: what is said in which state (RFC 2033, section 4).

use std::sync::Arc;

use tokio::{
    io::{AsyncRead, AsyncWrite},
    select,
    sync::watch,
    time::{Instant, timeout, timeout_at},
};

use super::{
    command::Command,
    connection::{Connection, Gone},
    dots::Dots,
    intake::{Intake, Received, Verdict},
    mail::Incoming,
    reply,
    server::{Peer, Shared},
};

pub(super) struct Session<S, I> {
    shared: Arc<Shared<I>>,
    connection: Connection<S>,
    peer: Peer,
    is_stopping: watch::Receiver<bool>,
    has_said_lhlo: bool,
    mail: Option<Begun>,
    /// Since the last mail.
    commands: u32,
    bad_commands: u32,
}

/// After MAIL.
struct Begun {
    from: String,
    declared: usize,
    recipients: Vec<String>,
}

/// Why a dialogue is over.
enum Over {
    /// They do not listen any more.
    Gone,
    /// The last words are said.
    Said,
}

impl From<Gone> for Over {
    fn from(_: Gone) -> Self {
        Self::Gone
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send, I: Intake> Session<S, I> {
    pub(super) fn new(shared: Arc<Shared<I>>, stream: S, peer: Peer) -> Self {
        let is_stopping = shared.is_stopping.subscribe();
        let connection = Connection::new(stream);
        Self { shared, connection, peer, is_stopping, has_said_lhlo: false, mail: None, commands: 0, bad_commands: 0 }
    }

    pub(super) async fn run(mut self) {
        self.connection.say(&format!("220 {} LMTP", self.shared.name));
        loop {
            match self.step().await {
                Ok(()) => {}
                Err(Over::Gone) => break,
                Err(Over::Said) => {
                    self.connection.close(self.shared.limits.command).await;
                    break;
                }
            }
        }
    }

    async fn step(&mut self) -> Result<(), Over> {
        let command = self.command().await?;
        self.commands += 1;
        if self.commands > self.shared.limits.commands_without_mail {
            return self.last_words(reply::TOO_MANY_COMMANDS);
        }
        let command = match command {
            Ok(Command::Unknown) => Err(reply::UNKNOWN),
            other => other,
        };
        match command {
            // Web browsers and others who are lost do not begin like this.
            Err(reply) if !self.has_said_lhlo => {
                self.connection.say(reply);
                self.last_words(reply::TOO_MANY_ERRORS)
            }
            Err(reply) => self.wrong(reply),
            Ok(Command::Lhlo) => {
                self.has_said_lhlo = true;
                self.mail = None;
                let offers = reply::offers(&self.shared.name, self.shared.limits.mail);
                self.say(&offers)
            }
            Ok(Command::Hello) => self.wrong(reply::SAY_LHLO),
            Ok(Command::Mail { .. } | Command::Rcpt { .. } | Command::Data) if !self.has_said_lhlo => self.wrong(reply::LHLO_FIRST),
            Ok(Command::Mail { from, size }) => self.mail(from, size),
            Ok(Command::Rcpt { to }) => self.rcpt(to).await,
            Ok(Command::Data) => self.data().await,
            Ok(Command::Rset) => {
                self.mail = None;
                self.say(reply::OK)
            }
            Ok(Command::Noop) => self.say(reply::OK),
            Ok(Command::Vrfy) => self.say(reply::VRFY),
            Ok(Command::Help) => self.say(reply::HELP),
            Ok(Command::Quit) => self.last_words(reply::BYE),
            Ok(Command::Bdat) => {
                self.connection.say(reply::NOT_OFFERED);
                self.last_words(reply::OUT_OF_STEP)
            }
            Ok(Command::NotOffered | Command::Unknown) => self.wrong(reply::NOT_OFFERED),
        }
    }

    /// The next command, or the reply to what is none. Before it waits, everything is said (RFC 2920, section 3.2).
    async fn command(&mut self) -> Result<Result<Command, &'static str>, Over> {
        let limits = &self.shared.limits;
        loop {
            if *self.is_stopping.borrow_and_update() {
                self.connection.say(reply::STOPPING);
                return Err(Over::Said);
            }
            if self.connection.has_much_to_say() {
                self.connection.flush(limits.command).await?;
            }
            if let Some(line) = self.connection.line(limits.line) {
                return Ok(line.and_then(Command::parse));
            }
            self.connection.flush(limits.command).await?;
            let deadline = match self.connection.line_began() {
                Some(began) => began + limits.command,
                None => Instant::now() + limits.idle,
            };
            select! {
                read = timeout_at(deadline, self.connection.read()) => match read {
                    Ok(read) => read?,
                    Err(_slow) => {
                        self.connection.say(reply::TOO_SLOW);
                        return Err(Over::Said);
                    }
                },
                // Its sender lives as long as we do.
                _changed = self.is_stopping.changed() => {}
            }
        }
    }

    fn mail(&mut self, from: String, declared: usize) -> Result<(), Over> {
        if self.mail.is_some() {
            return self.wrong(reply::MAIL_TWICE);
        }
        if declared > self.shared.limits.mail {
            return self.say(reply::TOO_BIG);
        }
        if !self.shared.rate.admits(self.peer, Instant::now()) {
            return self.say(reply::TOO_MANY_MAILS);
        }
        self.mail = Some(Begun { from, declared, recipients: Vec::new() });
        self.say(reply::SENDER_OK)
    }

    async fn rcpt(&mut self, to: String) -> Result<(), Over> {
        let limits = &self.shared.limits;
        let Some(mail) = &mut self.mail else { return self.wrong(reply::MAIL_FIRST) };
        if mail.recipients.len() >= limits.recipients {
            return self.say(reply::TOO_MANY_RECIPIENTS);
        }
        let verdict = timeout(limits.store, self.shared.intake.accept_recipient(&mail.from, &to)).await;
        match verdict.unwrap_or(Verdict::Later) {
            Verdict::Accept => {
                mail.recipients.push(to);
                self.say(reply::RECIPIENT_OK)
            }
            Verdict::BadToken => self.say(reply::BAD_TOKEN),
            Verdict::Later => self.say(reply::CANNOT_ASK),
        }
    }

    async fn data(&mut self) -> Result<(), Over> {
        let limits = &self.shared.limits;
        let declared = match &self.mail {
            None => return self.no_data(reply::MAIL_FIRST),
            Some(mail) if mail.recipients.is_empty() => return self.no_data(reply::NO_RECIPIENTS),
            Some(mail) => mail.declared,
        };
        let Some(incoming) = self.shared.room.begin(declared, limits.mail, limits.command).await else {
            return self.no_data(reply::NO_ROOM);
        };
        let Some(mail) = self.mail.take() else { return self.no_data(reply::MAIL_FIRST) };
        self.connection.say(reply::GO_ON);
        self.connection.flush(limits.command).await?;
        let incoming = self.receive(incoming).await?;
        self.commands = 0;
        let (raw, held) = match incoming.finish() {
            Ok(whole) => whole,
            Err(reply) => {
                mail.recipients.iter().for_each(|_recipient| self.connection.say(reply));
                return Ok(());
            }
        };
        self.store(Received { from: mail.from, recipients: mail.recipients, raw }).await;
        drop(held);
        Ok(())
    }

    /// DATA is refused. It is the last command of a group (RFC 2920, section 3.1), so what stands behind it is a mail.
    fn no_data(&mut self, reply: &'static str) -> Result<(), Over> {
        self.connection.say(reply);
        if self.connection.unread().is_empty() {
            return Ok(());
        }
        self.last_words(reply::OUT_OF_STEP)
    }

    /// Up to the dot.
    async fn receive(&mut self, mut incoming: Incoming) -> Result<Incoming, Over> {
        let limits = &self.shared.limits;
        let end = Instant::now() + limits.data;
        let mut dots = Dots::default();
        loop {
            let (used, is_over) = dots.take(self.connection.unread(), |bytes| incoming.push(bytes));
            self.connection.consume(used);
            if is_over {
                return Ok(incoming);
            }
            match timeout_at(end.min(Instant::now() + limits.idle), self.connection.read()).await {
                Ok(read) => read?,
                Err(_slow) => {
                    self.connection.say(reply::TOO_SLOW);
                    return Err(Over::Said);
                }
            }
        }
    }

    /// One reply for each recipient (RFC 2033, section 4.2), and none of them is 250 unless the intake said so.
    async fn store(&mut self, received: Received) {
        let (recipients, bytes, peer) = (received.recipients.len(), received.raw.len(), self.peer);
        let outcome = timeout(self.shared.limits.store, self.shared.intake.store(received)).await;
        match outcome {
            Ok(Ok(stored)) => {
                tracing::debug!(%peer, bytes, recipients, id = stored.id, "a mail was stored");
                let is_well = reply::stored(&stored.id);
                for recipient in 0..recipients {
                    let failed = stored.except.iter().find(|(place, _)| *place == recipient);
                    if let Some((_, error)) = failed {
                        tracing::warn!(%peer, bytes, recipient, id = stored.id, %error, "a mail was not stored for one of its recipients");
                    }
                    self.connection.say(if failed.is_some() { reply::NOT_STORED } else { &is_well });
                }
            }
            Ok(Err(error)) => {
                tracing::warn!(%peer, bytes, recipients, %error, "a mail was not stored");
                (0..recipients).for_each(|_recipient| self.connection.say(reply::NOT_STORED));
            }
            Err(_slow) => {
                tracing::warn!(%peer, bytes, recipients, "a mail was not stored in time");
                (0..recipients).for_each(|_recipient| self.connection.say(reply::NOT_STORED));
            }
        }
    }

    fn say(&mut self, reply: &str) -> Result<(), Over> {
        self.connection.say(reply);
        Ok(())
    }

    fn last_words(&mut self, reply: &str) -> Result<(), Over> {
        self.connection.say(reply);
        Err(Over::Said)
    }

    fn wrong(&mut self, reply: &str) -> Result<(), Over> {
        self.connection.say(reply);
        self.bad_commands += 1;
        if self.bad_commands < self.shared.limits.bad_commands { Ok(()) } else { self.last_words(reply::TOO_MANY_ERRORS) }
    }
}
