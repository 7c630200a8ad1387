//! Bytes in, lines out, and replies back.

use std::{io, ops::Range, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    time::{Instant, timeout},
};

use super::reply;

/// More than the longest line.
const BUFFER: usize = 16 << 10;
/// Replies that are held back for company (RFC 2920). With more of them the other side has to read first.
const REPLIES: usize = 4 << 10;
/// How long and how much is read at the end, so that the other side sees our last words instead of a reset.
const LINGER: (Duration, usize) = (Duration::from_secs(1), 256 << 10);

/// Nobody is there any more.
#[derive(Debug)]
pub(super) struct Gone;

#[derive(Debug)]
pub(super) struct Connection<S> {
    stream: S,
    buffer: Box<[u8]>,
    filled: Range<usize>,
    /// The first bytes of this line were thrown away.
    is_too_long: bool,
    /// When the line began that is not complete.
    line_began: Option<Instant>,
    replies: Vec<u8>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    pub(super) fn new(stream: S) -> Self {
        let buffer = vec![0; BUFFER].into_boxed_slice();
        Self { stream, buffer, filled: 0..0, is_too_long: false, line_began: None, replies: Vec::new() }
    }

    /// The next line without its line end, if it is complete; or the reply to it. It has at most `limit` bytes and ends with CR LF: an
    /// LF alone ends it as well, but then it is no command (RFC 5321, section 2.3.8).
    pub(super) fn line(&mut self, limit: usize) -> Option<Result<&[u8], &'static str>> {
        let given = &self.buffer[self.filled.clone()];
        let Some(length) = memchr::memchr(b'\n', given).map(|lf| lf + 1) else {
            if given.len() >= limit {
                self.is_too_long = true;
                self.filled = 0..0;
            }
            if self.is_too_long || !self.filled.is_empty() {
                self.line_began.get_or_insert_with(Instant::now);
            }
            return None;
        };
        let line = self.filled.start..self.filled.start + length;
        self.consume(length);
        self.line_began = None;
        if std::mem::take(&mut self.is_too_long) || length > limit {
            return Some(Err(reply::LINE_TOO_LONG));
        }
        Some(match self.buffer[line].strip_suffix(b"\r\n") {
            Some(line) if !line.contains(&b'\r') => Ok(line),
            Some(_) | None => Err(reply::BARE_LINE_END),
        })
    }

    pub(super) fn line_began(&self) -> Option<Instant> {
        self.line_began
    }

    /// What has come in and was not used.
    pub(super) fn unread(&self) -> &[u8] {
        &self.buffer[self.filled.clone()]
    }

    pub(super) fn consume(&mut self, bytes: usize) {
        self.filled.start += bytes;
        if self.filled.is_empty() {
            self.filled = 0..0;
        }
    }

    /// Waits for more. Nothing is lost if it is dropped while it waits.
    pub(super) async fn read(&mut self) -> Result<(), Gone> {
        if self.filled.end == self.buffer.len() {
            self.buffer.copy_within(self.filled.clone(), 0);
            self.filled = 0..self.filled.len();
        }
        match self.stream.read(&mut self.buffer[self.filled.end..]).await {
            Ok(0) | Err(_) => Err(Gone),
            Ok(read) => {
                self.filled.end += read;
                Ok(())
            }
        }
    }

    pub(super) fn say(&mut self, reply: &str) {
        self.replies.extend_from_slice(reply.as_bytes());
        self.replies.extend_from_slice(b"\r\n");
    }

    pub(super) fn has_much_to_say(&self) -> bool {
        self.replies.len() >= REPLIES
    }

    /// Says it now.
    pub(super) async fn flush(&mut self, within: Duration) -> Result<(), Gone> {
        if self.replies.is_empty() {
            return Ok(());
        }
        let written = timeout(within, async {
            self.stream.write_all(&self.replies).await?;
            self.stream.flush().await
        });
        let outcome: io::Result<()> = written.await.map_err(|_slow| Gone)?;
        self.replies.clear();
        outcome.map_err(|_broken| Gone)
    }

    /// The last words.
    pub(super) async fn close(mut self, within: Duration) {
        if self.flush(within).await.is_err() || timeout(within, self.stream.shutdown()).await.is_err() {
            return;
        }
        let (patience, mut left) = LINGER;
        let rest = async {
            while left > 0 {
                match self.stream.read(&mut self.buffer).await {
                    Ok(0) | Err(_) => break,
                    Ok(read) => left = left.saturating_sub(read),
                }
            }
        };
        // Either way it is over.
        let _ended = timeout(patience, rest).await;
    }
}
