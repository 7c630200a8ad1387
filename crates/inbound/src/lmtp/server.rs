//! What all connections share.

use std::{fmt, net::IpAddr, sync::Arc};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::watch,
    time::Instant,
};

use super::{
    intake::Intake,
    limits::{InvalidLimits, Limits},
    mail::Room,
    rate::Rate,
    session::Session,
};

/// Who speaks to us, as far as limits go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Peer {
    Ip(IpAddr),
    /// Somebody on this machine.
    Unix,
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(address) => address.fmt(f),
            Self::Unix => f.write_str("unix"),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidServer {
    #[error("LMTP limits: {0}")]
    Limits(#[from] InvalidLimits),
    #[error("`{0}` is no host name to greet with: letters, digits, dots and hyphens, 253 at most")]
    Name(String),
}

/// The protocol without a socket. Clones share their limits.
#[derive(Debug)]
pub struct Server<I> {
    shared: Arc<Shared<I>>,
}

#[derive(Debug)]
pub(super) struct Shared<I> {
    pub(super) name: String,
    pub(super) limits: Limits,
    pub(super) intake: I,
    pub(super) room: Room,
    pub(super) rate: Rate,
    pub(super) is_stopping: watch::Sender<bool>,
}

impl<I> Clone for Server<I> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<I: Intake> Server<I> {
    /// `name` is the host name that greets the other side.
    ///
    /// # Errors
    /// A name or a limit that cannot be kept.
    pub fn new(name: &str, limits: Limits, intake: I) -> Result<Self, InvalidServer> {
        limits.check()?;
        let is_name = (1..=253).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
        if !is_name {
            return Err(InvalidServer::Name(name.to_owned()));
        }
        let (room, rate) = (Room::new(limits.in_flight), Rate::new(limits.mails_a_minute, Instant::now()));
        let is_stopping = watch::Sender::new(false);
        Ok(Self { shared: Arc::new(Shared { name: name.to_owned(), limits, intake, room, rate, is_stopping }) })
    }

    /// Speaks with one connection until it is over: what [`Listener`](super::Listener) does with each, up to its number.
    pub async fn converse<S: AsyncRead + AsyncWrite + Unpin + Send>(&self, stream: S, peer: Peer) {
        Session::new(Arc::clone(&self.shared), stream, peer).run().await;
    }

    /// Tells every connection to come again later, at its next command. Mails that are on their way end as they would.
    pub fn stop(&self) {
        self.shared.is_stopping.send_replace(true);
    }

    pub fn limits(&self) -> &Limits {
        &self.shared.limits
    }

    /// Bytes of room that mails take at this moment; at most [`Limits::in_flight`].
    pub fn in_flight(&self) -> usize {
        self.shared.room.taken()
    }
}
