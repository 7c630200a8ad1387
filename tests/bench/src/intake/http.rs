//! As much of HTTP/1.1 as a load needs (RFC 9112): a general client would use up the cores that are to be measured.

use std::{net::SocketAddr, str};

use anyhow::Context;
use memchr::memmem;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

pub(crate) struct Connection {
    address: SocketAddr,
    /// It has answered before, so it may have been idle for longer than the server waits.
    is_used: bool,
    stream: TcpStream,
    answer: Vec<u8>,
    body_at: usize,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = connect(address).await?;
        Ok(Self { address, is_used: false, stream, answer: Vec::with_capacity(4096), body_at: 0 })
    }

    /// Sends one request, reads its whole answer, and returns the status.
    ///
    /// Once more on a new connection where the server closed an idle one at that moment (RFC 9112, section 9.5).
    pub(crate) async fn ask(&mut self, request: &[u8]) -> anyhow::Result<u16> {
        let asked = match self.ask_once(request).await {
            Err(_) if self.is_used && self.answer.is_empty() => {
                self.stream = connect(self.address).await?;
                self.ask_once(request).await
            }
            other => other,
        };
        self.is_used = asked.is_ok();
        asked
    }

    async fn ask_once(&mut self, request: &[u8]) -> anyhow::Result<u16> {
        self.answer.clear();
        self.stream.write_all(request).await?;
        let head = loop {
            if let Some(end) = memmem::find(&self.answer, b"\r\n\r\n") {
                break Head::read(&self.answer[..end]).with_context(|| String::from_utf8_lossy(&self.answer).into_owned())?;
            }
            self.receive().await?;
        };
        while self.answer.len() < head.length + head.body_length {
            self.receive().await?;
        }
        self.body_at = head.length;
        Ok(head.status)
    }

    /// Of the last answer.
    pub(crate) fn body(&self) -> String {
        String::from_utf8_lossy(&self.answer[self.body_at..]).into_owned()
    }

    async fn receive(&mut self) -> anyhow::Result<()> {
        let received = self.stream.read_buf(&mut self.answer).await?;
        anyhow::ensure!(received > 0, "the server closed the connection");
        Ok(())
    }
}

async fn connect(address: SocketAddr) -> anyhow::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

#[derive(Debug, PartialEq, Eq)]
struct Head {
    status: u16,
    /// With the empty line at its end.
    length: usize,
    body_length: usize,
}

impl Head {
    /// `None` for what is no HTTP/1.1, and for a body without a length: our server sends none of those.
    fn read(head: &[u8]) -> Option<Self> {
        let mut lines = str::from_utf8(head).ok()?.split("\r\n");
        let status = lines.next()?.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
        let body_length = lines.find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
        })?;
        Some(Self { status, length: head.len() + 4, body_length })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_connection_that_was_closed_while_it_was_idle_is_opened_again_once() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            for _ in 0..2 {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = [0; 4];
                stream.read_exact(&mut request).await.unwrap();
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.unwrap();
            }
        });
        let mut connection = Connection::open(address).await.unwrap();
        assert_eq!(connection.ask(b"one\n").await.unwrap(), 200);
        assert_eq!(connection.ask(b"two\n").await.unwrap(), 200);
        server.await.unwrap();
        assert!(connection.ask(b"end\n").await.is_err(), "nobody is there any more");
    }

    #[test]
    fn a_head_tells_the_status_and_how_much_follows() {
        let head = b"HTTP/1.1 201 Created\r\nServer: x\r\nContent-Length: 42\r\nDate: now";
        assert_eq!(Head::read(head), Some(Head { status: 201, length: head.len() + 4, body_length: 42 }));
        assert_eq!(Head::read(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked"), None);
        assert_eq!(Head::read(b"SSH-2.0-OpenSSH_9.2"), None);
    }
}
