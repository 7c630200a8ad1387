//! The socket: who is let in, and how it ends.

use std::{
    fs,
    future::Future,
    io,
    net::SocketAddr,
    os::unix::fs::{FileTypeExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    pin::pin,
    time::Duration,
};

use tokio::{
    net::{TcpListener, TcpStream, UnixListener, UnixStream},
    select,
    task::{JoinError, JoinSet},
    time::{sleep, timeout},
};

use super::{
    address::Address,
    intake::Intake,
    reply,
    server::{Peer, Server},
};

#[derive(Debug, thiserror::Error)]
#[error("LMTP cannot listen on {address}: {source}")]
pub struct ListenerError {
    address: Address,
    source: io::Error,
}

/// Takes connections from the mail server, as many at once as [`Limits::connections`](super::Limits::connections) says.
#[derive(Debug)]
pub struct Listener<I> {
    server: Server<I>,
    socket: Socket,
    address: Address,
}

#[derive(Debug)]
enum Socket {
    Tcp(TcpListener),
    /// The file goes first: once nobody listens, it may be another's.
    Unix {
        _file: SocketFile,
        listener: UnixListener,
    },
}

enum Accepted {
    Tcp(TcpStream, SocketAddr),
    Unix(UnixStream),
}

impl<I: Intake> Listener<I> {
    /// A Unix socket is made for its owner and group (mode 0660): put the mail server's user into the group. One that a killed process
    /// left behind is replaced.
    ///
    /// # Errors
    /// The address is taken, is not ours, or its folder is not there.
    pub async fn bind(address: &Address, server: Server<I>) -> Result<Self, ListenerError> {
        let bound = match address {
            Address::Tcp(address) => TcpListener::bind(address).await.and_then(|listener| {
                let address = Address::Tcp(listener.local_addr()?);
                Ok((Socket::Tcp(listener), address))
            }),
            Address::Unix(path) => bind_unix(path).map(|socket| (socket, address.clone())),
        };
        let (socket, address) = bound.map_err(|source| ListenerError { address: address.clone(), source })?;
        Ok(Self { server, socket, address })
    }

    /// With the port, if any was asked for.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Until `stop` is ready: then nobody is let in any more, mails in flight are finished, and everybody else is told to come again
    /// (421). What is not finished after [`Limits::shutdown`](super::Limits::shutdown) is dropped unanswered, as everything is when
    /// this future is dropped: the mail server keeps such a mail.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let Self { server, socket, address } = self;
        let mut stop = pin!(stop);
        let mut sessions = JoinSet::new();
        // Said when it begins: a line for each of them could be a flood.
        let mut is_full = false;
        loop {
            select! {
                biased;
                () = &mut stop => break,
                Some(ended) = sessions.join_next() => note(ended),
                accepted = socket.accept() => match accepted {
                    Ok(accepted) if sessions.len() >= server.limits().connections => {
                        accepted.refuse();
                        if !is_full {
                            tracing::warn!(%address, connections = sessions.len(), "LMTP connections are told to come again: too many");
                        }
                        is_full = true;
                    }
                    Ok(accepted) => {
                        sessions.spawn(accepted.converse(server.clone()));
                        is_full = false;
                    }
                    Err(error) => {
                        // Out of file descriptors, most likely: those that are open end before long.
                        tracing::warn!(%address, %error, "an LMTP connection was not accepted");
                        sleep(Duration::from_millis(100)).await;
                    }
                }
            }
        }
        drop(socket);
        server.stop();
        let finished = timeout(server.limits().shutdown, async {
            while let Some(ended) = sessions.join_next().await {
                note(ended);
            }
        });
        if finished.await.is_err() {
            tracing::warn!(%address, connections = sessions.len(), "LMTP connections were dropped where they stood");
        }
        sessions.shutdown().await;
    }
}

/// A panic ends its connection without an answer, and nothing else.
fn note(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "an LMTP connection failed");
    }
}

impl Socket {
    async fn accept(&self) -> io::Result<Accepted> {
        match self {
            Self::Tcp(listener) => listener.accept().await.map(|(stream, peer)| Accepted::Tcp(stream, peer)),
            Self::Unix { listener, .. } => listener.accept().await.map(|(stream, _unnamed)| Accepted::Unix(stream)),
        }
    }
}

impl Accepted {
    /// Without waiting: the buffer of a new connection has room for a line.
    fn refuse(self) {
        let line = format!("{}\r\n", reply::TOO_MANY_CONNECTIONS);
        // Who is gone already needs no answer.
        let _written = match self {
            Self::Tcp(stream, _) => stream.try_write(line.as_bytes()),
            Self::Unix(stream) => stream.try_write(line.as_bytes()),
        };
    }

    async fn converse<I: Intake>(self, server: Server<I>) {
        match self {
            Self::Tcp(stream, peer) => {
                // Replies are small, and each is waited for. Without it they would be late, no more.
                let _set = stream.set_nodelay(true);
                server.converse(stream, Peer::Ip(peer.ip().to_canonical())).await;
            }
            Self::Unix(stream) => server.converse(stream, Peer::Unix).await,
        }
    }
}

fn bind_unix(path: &Path) -> io::Result<Socket> {
    let is_socket = fs::symlink_metadata(path).is_ok_and(|file| file.file_type().is_socket());
    let is_left_behind = || {
        let answer = std::os::unix::net::UnixStream::connect(path);
        answer.is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
    };
    if is_socket && is_left_behind() {
        fs::remove_file(path)?;
    }
    let listener = UnixListener::bind(path)?;
    let file = SocketFile(path.to_owned());
    fs::set_permissions(path, fs::Permissions::from_mode(0o660))?;
    Ok(Socket::Unix { _file: file, listener })
}

/// Removed when we are done.
#[derive(Debug)]
struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        // A file that stays is replaced at the next start.
        let _removed = fs::remove_file(&self.0);
    }
}
