//! The other side.

use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader},
    net::{TcpStream, UnixStream},
    time::timeout,
};

use super::PATIENCE;

pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

pub(super) struct Client(BufReader<Box<dyn Stream>>);

impl Client {
    pub(super) async fn connect(address: &str) -> Self {
        let stream: Box<dyn Stream> = match address.strip_prefix("unix:") {
            Some(path) => Box::new(UnixStream::connect(path).await.unwrap()),
            None => {
                let stream = TcpStream::connect(address).await.unwrap();
                stream.set_nodelay(true).unwrap();
                Box::new(stream)
            }
        };
        Self(BufReader::new(stream))
    }

    pub(super) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).await.unwrap();
    }

    /// The same to somebody who may have hung up.
    pub(super) async fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.0.write_all(bytes.as_ref()).await.is_ok()
    }

    /// One reply; the lines of a long one with `|` between them. Empty at the end of the connection.
    pub(super) async fn reply(&mut self) -> String {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            let read = timeout(PATIENCE, self.0.read_line(&mut line)).await.expect("an answer in time");
            if read.unwrap_or(0) == 0 {
                break;
            }
            let line = line.strip_suffix("\r\n").expect("a whole line").to_owned();
            let is_last = line.as_bytes().get(3) != Some(&b'-');
            lines.push(line);
            if is_last {
                break;
            }
        }
        lines.join("|")
    }

    /// A command, and how its reply begins.
    pub(super) async fn asks(&mut self, command: &str, expected: &str) {
        self.send(format!("{command}\r\n")).await;
        self.hears(expected).await;
    }

    pub(super) async fn hears(&mut self, expected: &str) {
        let reply = self.reply().await;
        assert!(reply.starts_with(expected) && !reply.is_empty(), "`{reply}` instead of `{expected}`");
    }

    /// From MAIL to the go-ahead of DATA.
    pub(super) async fn begins(&mut self, recipients: &[&str]) {
        self.asks("MAIL FROM:<ada@one.example>", "250 2.1.0 ").await;
        for recipient in recipients {
            self.asks(&format!("RCPT TO:<{recipient}>"), "250 2.1.5 ").await;
        }
        self.asks("DATA", "354 ").await;
    }

    /// Everything up to the end of the connection.
    pub(super) async fn rest(&mut self) -> String {
        let mut rest = Vec::new();
        // A reset is an end, too.
        let _read = timeout(PATIENCE, self.0.read_to_end(&mut rest)).await.expect("the connection ends");
        String::from_utf8(rest).unwrap()
    }
}
