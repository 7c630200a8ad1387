//! What the sink does, stage by stage.

use std::{fmt, sync::Arc, time::Duration};

use hearback_domain::random::Random;

/// Where in a session the sink may misbehave. NOOP and QUIT are always answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Before the greeting.
    Connect,
    /// Each time it is said.
    Ehlo,
    /// Before the handshake.
    StartTls,
    /// Once the credentials are known, right or wrong.
    Auth,
    Mail,
    Rcpt,
    /// After the command, before the content.
    Data,
    /// After the final dot.
    Dot,
    Rset,
}

impl Stage {
    pub const ALL: [Self; 9] =
        [Self::Connect, Self::Ehlo, Self::StartTls, Self::Auth, Self::Mail, Self::Rcpt, Self::Data, Self::Dot, Self::Rset];
}

/// A message counts as accepted when the answer at [`Stage::Dot`] takes it, whether or not the client hears so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Accept,
    /// As a slow relay does.
    AcceptAfter(Duration),
    /// The code decides: 2yz takes the message. Every line of the text is a line of the reply.
    Reply(u16, String),
    /// These bytes and a line end, whatever they are: for what no relay should say. The session goes on as if they were right.
    Raw(String),
    /// The reply, then the end of the connection: `421`, or a relay that closes after each message.
    ReplyThenDrop(u16, String),
    /// The connection ends without a reply, and without the message.
    Drop,
    /// The message is taken, and the connection ends without a reply.
    AcceptThenDrop,
    /// At [`Stage::Data`]: asks for the content, and ends the connection when the first of it has come.
    DropDuringContent,
    /// At [`Stage::Data`]: asks for the content, and reads none of it.
    StallDuringContent,
    /// No reply ever, on a connection that stays open; the message is not taken.
    Silence,
}

impl Answer {
    pub fn reply(code: u16, text: &str) -> Self {
        Self::Reply(code, text.to_owned())
    }

    pub(super) fn takes_the_message(&self) -> bool {
        match self {
            Self::Accept | Self::AcceptAfter(_) | Self::AcceptThenDrop | Self::Raw(_) => true,
            Self::Reply(code, _) | Self::ReplyThenDrop(code, _) => is_positive(*code),
            Self::Drop | Self::DropDuringContent | Self::StallDuringContent | Self::Silence => false,
        }
    }
}

pub(super) fn is_positive(code: u16) -> bool {
    (200..400).contains(&code)
}

/// What is known when an answer is due. Empty is what the session has not come to yet.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    pub stage: Stage,
    /// Counts from 0 in the order of arrival.
    pub connection: u64,
    /// Counts from 0 the messages whose final dot has come on this connection.
    pub message: u64,
    /// The envelope sender; empty for the null sender too.
    pub sender: &'a str,
    /// The recipients taken so far, and last the one in question at [`Stage::Rcpt`].
    pub recipients: &'a [String],
    /// At [`Stage::Dot`].
    pub message_id: &'a str,
}

/// How often one fault happens.
#[derive(Clone, Debug)]
pub struct Fault {
    pub stage: Stage,
    pub answer: Answer,
    /// Of all answers at that stage, `0.0..=1.0`.
    pub share: f64,
}

type Decide = dyn Fn(&Moment<'_>) -> Answer + Send + Sync;

#[derive(Clone)]
pub struct Script(Option<Arc<Decide>>);

impl Script {
    pub fn accept_all() -> Self {
        Self(None)
    }

    /// Called once per stage and message, from the connections' tasks.
    pub fn from_fn(decide: impl Fn(&Moment<'_>) -> Answer + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(decide)))
    }

    /// The first fault of the stage that comes up is given. The draws repeat with the seed; which message meets which
    /// draw depends on the connections' timing.
    pub fn random(seed: u64, faults: Vec<Fault>) -> Self {
        let random = Random::from_seed(seed);
        Self::from_fn(move |moment| {
            let met = faults.iter().filter(|fault| fault.stage == moment.stage).find(|fault| random.fraction() < fault.share);
            met.map_or(Answer::Accept, |fault| fault.answer.clone())
        })
    }

    pub(super) fn decide(&self, moment: &Moment<'_>) -> Answer {
        self.0.as_ref().map_or(Answer::Accept, |decide| decide(moment))
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Script(…)" } else { "Script(accept all)" })
    }
}
