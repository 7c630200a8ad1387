//! The connection under a session: sends at once, knows whether the final dot is out, and hears what lettre keeps to itself.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU8, Ordering},
    },
    task::{Context, Poll, ready},
};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

/// RFC 5321, section 4.1.1.4. Dot-stuffing (section 4.5.2) keeps it out of the message itself.
const END_OF_DATA: [u8; 5] = *b"\r\n.\r\n";

/// The relay says what it offers.
const OPENING: u8 = 0;
const COMMANDS: u8 = 1;
const CONTENT: u8 = 2;
const DOT_OUT: u8 = 3;

/// RFC 2920. lettre knows some extensions by name and forgets all others.
const PIPELINING: &[u8] = b"PIPELINING";

/// More than any line of an offer (RFC 5321, section 4.5.3.1.5).
const LONGEST_LINE: usize = 512;

/// Shared by a session and its stream: whether the relay may have the whole message, and what it offers.
#[derive(Clone, Debug, Default)]
pub(super) struct Watch(Arc<Seen>);

#[derive(Debug, Default)]
struct Seen {
    phase: AtomicU8,
    pipelining: AtomicBool,
}

impl Watch {
    /// The next bytes out are a message.
    pub(super) fn expect_content(&self) {
        self.0.phase.store(CONTENT, Ordering::Release);
    }

    /// Whether the operating system has taken the message's last byte. Before that, no relay can have accepted it.
    pub(super) fn dot_is_out(&self) -> bool {
        self.0.phase.load(Ordering::Acquire) == DOT_OUT
    }

    pub(super) fn expect_commands(&self) {
        self.0.phase.store(COMMANDS, Ordering::Release);
    }

    /// Whether several commands may go out at once.
    pub(super) fn offers_pipelining(&self) -> bool {
        self.0.pipelining.load(Ordering::Acquire)
    }

    fn is_opening(&self) -> bool {
        self.0.phase.load(Ordering::Acquire) == OPENING
    }

    fn end_of_data_written(&self) {
        let _not_in_content = self.0.phase.compare_exchange(CONTENT, DOT_OUT, Ordering::AcqRel, Ordering::Acquire);
    }
}

/// Goes over any byte stream, so that with TLS it sees the text and not the ciphertext.
#[derive(Debug)]
pub(super) struct Watched<S> {
    stream: S,
    peer: SocketAddr,
    watch: Watch,
    /// The last bytes that went out, oldest first.
    tail: [u8; 5],
    /// Of what the relay offers, the line that is not at its end yet.
    line: Vec<u8>,
    /// What is read before anything of the stream.
    replayed: &'static [u8],
}

/// Opens a TCP connection that sends at once. With Nagle's algorithm on, the last two writes of a message meet the
/// relay's delayed acknowledgement: 40 ms a message.
pub(super) async fn connect(host: &str, port: u16) -> io::Result<TcpStream> {
    let stream = TcpStream::connect((host, port)).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

impl<S> Watched<S> {
    /// On a connection on which the relay speaks next.
    pub(super) fn new(stream: S, peer: SocketAddr, watch: Watch) -> Self {
        Self { stream, peer, watch, tail: [0; 5], line: Vec::new(), replayed: &[] }
    }

    /// On a connection whose greeting has been heard: lettre begins with one, so it is given one.
    pub(super) fn greeted(stream: S, peer: SocketAddr, watch: Watch) -> Self {
        Self { replayed: b"220 heard\r\n", ..Self::new(stream, peer, watch) }
    }
}

impl<S> Watched<S> {
    fn went_out(&mut self, bytes: &[u8]) {
        let kept = bytes.len().min(5);
        self.tail.rotate_left(kept);
        self.tail[5 - kept..].copy_from_slice(&bytes[bytes.len() - kept..]);
        if self.tail == END_OF_DATA {
            self.watch.end_of_data_written();
        }
    }

    /// RFC 5321, section 4.1.1.1: `250-KEYWORD parameters`, whatever its case.
    fn came_in(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if byte != b'\n' {
                if self.line.len() < LONGEST_LINE {
                    self.line.push(byte);
                }
                continue;
            }
            let keyword = self.line.get(4..).unwrap_or_default().trim_ascii().split(|byte| *byte == b' ').next();
            if self.line.starts_with(b"250") && keyword.is_some_and(|keyword| keyword.eq_ignore_ascii_case(PIPELINING)) {
                self.watch.0.pipelining.store(true, Ordering::Release);
            }
            self.line.clear();
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(context, bytes))?;
        self.went_out(&bytes[..written]);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if !self.replayed.is_empty() {
            let (now, later) = self.replayed.split_at(self.replayed.len().min(buffer.remaining()));
            buffer.put_slice(now);
            self.replayed = later;
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        if self.watch.is_opening() {
            self.came_in(&buffer.filled()[before..]);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Send + Sync + Unpin + std::fmt::Debug> AsyncTokioStream for Watched<S> {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.peer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watched() -> Watched<()> {
        let watch = Watch::default();
        watch.expect_content();
        Watched::new((), ([127, 0, 0, 1], 25).into(), watch)
    }

    #[test]
    fn the_dot_is_seen_however_the_bytes_are_cut() {
        let message = b"Subject: x\r\n\r\nHello\r\n..stuffed\r\n.\r\n";
        for size in 1..=message.len() {
            let mut stream = watched();
            let chunks: Vec<&[u8]> = message.chunks(size).collect();
            let (last, before) = chunks.split_last().unwrap();
            before.iter().for_each(|chunk| stream.went_out(chunk));
            assert!(!stream.watch.dot_is_out(), "in pieces of {size}");
            stream.went_out(last);
            assert!(stream.watch.dot_is_out(), "in pieces of {size}");
        }
    }

    #[test]
    fn pipelining_is_heard_however_the_bytes_are_cut_and_only_where_it_is_offered() {
        for (said, offered) in [
            ("220 hello\r\n250-relay.example.com greets you\r\n250-PIPELINING\r\n250 SIZE 1000\r\n", true),
            ("250-relay.example.com\r\n250 pipelining\r\n", true),
            ("250-pipelining.example.com\r\n250 SIZE 1000\r\n", false),
            ("250-relay.example.com\r\n250-X-PIPELINING\r\n250 8BITMIME PIPELINING\r\n", false),
            ("502 PIPELINING\r\n250-relay.example.com\r\n250 PIPELINING", false),
        ] {
            for size in 1..=said.len() {
                let mut stream = Watched::new((), ([127, 0, 0, 1], 25).into(), Watch::default());
                said.as_bytes().chunks(size).for_each(|chunk| stream.came_in(chunk));
                assert_eq!(stream.watch.offers_pipelining(), offered, "{said:?} in pieces of {size}");
            }
        }
    }

    #[test]
    fn a_stuffed_dot_is_not_the_end() {
        let mut stream = watched();
        stream.went_out(b"a\r\n..\r\n");
        assert!(!stream.watch.dot_is_out());
    }
}
