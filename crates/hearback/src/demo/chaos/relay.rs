//! A relay that takes mail for nobody, and misbehaves in the ways that lose mail elsewhere.

use std::{
    collections::HashSet,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Mood {
    #[default]
    Works,
    /// Puts every recipient off that it does not know yet.
    Greylists,
    /// Takes a message, and does not say so.
    HangsAfterTheDot,
}

/// A message that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) message_id: String,
    pub(super) bytes: Vec<u8>,
}

/// On a port of this machine that stays the same while it is gone.
pub(super) struct Relay {
    address: SocketAddr,
    books: Arc<Mutex<Books>>,
    listening: JoinHandle<()>,
}

#[derive(Default)]
struct Books {
    mood: Mood,
    taken: Vec<Taken>,
    put_off: HashSet<String>,
}

impl Relay {
    pub(super) async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let (address, books) = (listener.local_addr()?, Arc::default());
        let listening = tokio::spawn(listen(listener, Arc::clone(&books)));
        Ok(Self { address, books, listening })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn set(&self, mood: Mood) {
        lock(&self.books).mood = mood;
    }

    /// When this returns, nobody listens and every connection is broken.
    pub(super) async fn die(&mut self) {
        self.listening.abort();
        // The sessions are owned by that task: with it, they are gone.
        let _aborted = (&mut self.listening).await;
    }

    pub(super) async fn come_back(&mut self) -> io::Result<()> {
        let listener = TcpListener::bind(self.address).await?;
        self.listening = tokio::spawn(listen(listener, Arc::clone(&self.books)));
        Ok(())
    }

    pub(super) fn taken(&self) -> Vec<Taken> {
        lock(&self.books).taken.clone()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// What is behind the lock is whole at any moment, so a panic of another holder does not matter.
fn lock(books: &Mutex<Books>) -> MutexGuard<'_, Books> {
    books.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn listen(listener: TcpListener, books: Arc<Mutex<Books>>) {
    let mut sessions = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let books = Arc::clone(&books);
        // However a session ends, the next is served.
        sessions.spawn(async move { drop(serve(stream, &books).await) });
    }
}

/// As much of RFC 5321 as a well-behaved client needs.
async fn serve(stream: TcpStream, books: &Mutex<Books>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    let mut answer = "220 demo.invalid at your service".to_owned();
    loop {
        stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let command = line.trim_end().to_ascii_uppercase();
        answer = match command.split([' ', ':']).next().unwrap_or_default() {
            "EHLO" => "250 demo.invalid".to_owned(),
            "MAIL" | "RSET" => "250 2.0.0 Ok".to_owned(),
            "RCPT" => recipient(books, &command),
            "DATA" => {
                stream.write_all(b"354 Go on\r\n").await?;
                let bytes = content(&mut stream).await?;
                match take(books, bytes) {
                    Some(answer) => answer,
                    None => std::future::pending().await,
                }
            }
            "QUIT" => return stream.write_all(b"221 2.0.0 Bye\r\n").await,
            _ => "502 5.5.2 What?".to_owned(),
        };
    }
}

fn recipient(books: &Mutex<Books>, command: &str) -> String {
    let mut books = lock(books);
    if books.mood == Mood::Greylists && books.put_off.insert(command.to_owned()) {
        return "450 4.2.0 Greylisted, come back later".to_owned();
    }
    "250 2.1.5 Ok".to_owned()
}

/// Until the line with nothing but a dot.
async fn content(stream: &mut BufReader<TcpStream>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n.\r\n") {
        if stream.read_until(b'\n', &mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(bytes)
}

/// What is said about it, if anything.
fn take(books: &Mutex<Books>, bytes: Vec<u8>) -> Option<String> {
    let text = String::from_utf8_lossy(&bytes);
    let message_id = text.lines().find_map(|line| line.strip_prefix("Message-ID: ")).unwrap_or_default().to_owned();
    let mut books = lock(books);
    books.taken.push(Taken { message_id, bytes });
    (books.mood != Mood::HangsAfterTheDot).then(|| format!("250 2.0.0 Ok: queued as {}", books.taken.len()))
}
