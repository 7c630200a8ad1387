//! A relay for tests: takes mail on 127.0.0.1, and misbehaves on request.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::{AbortHandle, JoinHandle},
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) mail_from: String,
    pub(crate) rcpt_to: String,
    /// Without dot-stuffing.
    pub(crate) raw: Vec<u8>,
}

/// A moment at which the sink answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum At {
    Greeting,
    Ehlo,
    Mail,
    Rcpt,
    Data,
    Dot,
    Rset,
}

/// What the sink does instead of obliging.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Act {
    Oblige,
    Say(&'static str),
    Close,
    /// Says something and then closes.
    SayAndClose(&'static str),
    Silence,
    /// Says something, and then neither reads nor writes.
    SayAndStall(&'static str),
    /// After DATA's 354: closes when the first lines have come in.
    CloseDuringContent,
}

/// Given the number of the connection and of the mail on it (both from 0), and the moment.
type Manners = dyn Fn(usize, usize, At) -> Act + Send + Sync;

pub(crate) struct Sink {
    port: u16,
    state: Arc<State>,
    accepting: JoinHandle<()>,
}

struct State {
    manners: Box<Manners>,
    taken: Mutex<Vec<Taken>>,
    heard: Mutex<Vec<String>>,
    connections: Mutex<Vec<AbortHandle>>,
}

impl Sink {
    pub(crate) async fn obliging() -> Self {
        Self::new(|_, _, _| Act::Oblige).await
    }

    pub(crate) async fn new(manners: impl Fn(usize, usize, At) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state =
            Arc::new(State { manners: Box::new(manners), taken: Mutex::default(), heard: Mutex::default(), connections: Mutex::default() });
        let shared = state.clone();
        let accepting = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                let mut connections = shared.connections.lock().unwrap();
                let number = connections.len();
                connections.push(tokio::spawn(converse(stream, number, shared.clone())).abort_handle());
            }
        });
        Self { port, state, accepting }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn mails(&self) -> Vec<Taken> {
        self.state.taken.lock().unwrap().clone()
    }

    /// The commands, without content.
    pub(crate) fn heard(&self) -> Vec<String> {
        self.state.heard.lock().unwrap().clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.state.connections.lock().unwrap().len()
    }

    /// Stops listening and breaks every connection.
    pub(crate) async fn close(&mut self) {
        self.accepting.abort();
        let _aborted = (&mut self.accepting).await;
        self.state.connections.lock().unwrap().iter().for_each(AbortHandle::abort);
    }
}

async fn converse(stream: TcpStream, connection: usize, state: Arc<State>) {
    let mut stream = BufReader::new(stream);
    let (mut mail, mut from, mut to) = (0, String::new(), String::new());
    if !answer(&mut stream, (state.manners)(connection, mail, At::Greeting), "220 sink.example").await {
        return;
    }
    let mut line = String::new();
    while stream.read_line(&mut line).await.is_ok_and(|read| read > 0) {
        let command = std::mem::take(&mut line).trim_end().to_owned();
        state.heard.lock().unwrap().push(command.clone());
        let (at, obliging) = match command.split(' ').next().unwrap() {
            "EHLO" => (At::Ehlo, "250-sink.example\r\n250 8BITMIME"),
            "MAIL" => (At::Mail, "250 2.1.0 ok"),
            "RCPT" => (At::Rcpt, "250 2.1.5 ok"),
            "DATA" => (At::Data, "354 go on"),
            "RSET" => (At::Rset, "250 2.0.0 ok"),
            _ => return,
        };
        match at {
            At::Mail => from = command,
            At::Rcpt => to = command,
            At::Greeting | At::Ehlo | At::Data | At::Dot | At::Rset => {}
        }
        let act = (state.manners)(connection, mail, at);
        let goes_on = matches!(act, Act::Oblige | Act::CloseDuringContent);
        if !answer(&mut stream, act, obliging).await {
            return;
        }
        if at == At::Data && goes_on {
            if matches!(act, Act::CloseDuringContent) {
                let _some = stream.fill_buf().await;
                return;
            }
            let Some(raw) = content(&mut stream).await else { return };
            let act = (state.manners)(connection, mail, At::Dot);
            // What it says does not change that it has the mail; only its own refusal does.
            if !matches!(act, Act::Say(_) | Act::SayAndClose(_)) {
                state.taken.lock().unwrap().push(Taken { mail_from: std::mem::take(&mut from), rcpt_to: std::mem::take(&mut to), raw });
            }
            mail += 1;
            if !answer(&mut stream, act, "250 2.0.0 queued").await {
                return;
            }
        }
    }
}

/// Whether the conversation goes on.
async fn answer(stream: &mut BufReader<TcpStream>, act: Act, obliging: &str) -> bool {
    let (line, goes_on) = match act {
        Act::Oblige | Act::CloseDuringContent => (obliging, true),
        Act::Say(line) => (line, true),
        Act::SayAndClose(line) => (line, false),
        Act::SayAndStall(line) => {
            let _said = stream.get_mut().write_all(format!("{line}\r\n").as_bytes()).await;
            std::future::pending().await
        }
        Act::Close => return false,
        Act::Silence => std::future::pending().await,
    };
    stream.get_mut().write_all(format!("{line}\r\n").as_bytes()).await.is_ok() && goes_on
}

async fn content(stream: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let mut raw = vec![];
    loop {
        let start = raw.len();
        if stream.read_until(b'\n', &mut raw).await.ok()? == 0 {
            return None;
        }
        if &raw[start..] == b".\r\n" {
            raw.truncate(start);
            return Some(raw);
        }
        if raw[start] == b'.' {
            raw.remove(start);
        }
    }
}
