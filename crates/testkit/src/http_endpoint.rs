//! A server that is told something by HTTP: it answers as it is asked to, and keeps what it was sent.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
    task::JoinHandle,
    time::sleep,
};
use tokio_rustls::TlsAcceptor;

use crate::certificate::Certificate;

/// How a request is answered.
#[derive(Clone, Copy, Debug)]
pub enum Answer {
    /// With a status and no body, such as `204 No Content`.
    Status(&'static str),
    /// The same, after a while.
    Later(&'static str, Duration),
    /// With 307, to another path of the same server.
    Redirect(&'static str),
    /// Not at all: the connection stays open.
    Silence,
}

/// A request as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Request line and headers.
    pub head: String,
    pub body: String,
}

impl Request {
    /// Of the first header of that name; case does not matter.
    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(given, _)| given.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

type Answers = Arc<dyn Fn(&Request) -> Answer + Send + Sync>;

/// Listens on a free port of this machine until it is dropped.
pub struct HttpEndpoint {
    address: SocketAddr,
    over_tls: bool,
    taken: Arc<Mutex<Vec<Request>>>,
    accepting: JoinHandle<()>,
}

impl HttpEndpoint {
    /// # Errors
    /// There is no free port.
    pub async fn start(answers: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> io::Result<Self> {
        Self::open(Arc::new(answers), None).await
    }

    /// The same behind TLS, with that certificate.
    ///
    /// # Errors
    /// There is no free port.
    pub async fn start_over_tls(
        certificate: &Certificate,
        answers: impl Fn(&Request) -> Answer + Send + Sync + 'static,
    ) -> io::Result<Self> {
        Self::open(Arc::new(answers), Some(certificate.server().into())).await
    }

    async fn open(answers: Answers, tls: Option<TlsAcceptor>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let (address, over_tls, taken) = (listener.local_addr()?, tls.is_some(), Arc::<Mutex<Vec<Request>>>::default());
        let keeps = Arc::clone(&taken);
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answers, tls, keeps) = (Arc::clone(&answers), tls.clone(), Arc::clone(&keeps));
                tokio::spawn(async move {
                    // Whoever hangs up in the middle has sent nothing.
                    let _ = match tls {
                        None => serve(stream, &answers, &keeps).await,
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => serve(stream, &answers, &keeps).await,
                            Err(error) => Err(error),
                        },
                    };
                });
            }
        });
        Ok(Self { address, over_tls, taken, accepting })
    }

    /// With a path and a query.
    pub fn url(&self) -> String {
        let scheme = if self.over_tls { "https" } else { "http" };
        format!("{scheme}://{}/hook?a=b", self.address)
    }

    /// What it was sent, whole, in the order in which it came.
    pub fn taken(&self) -> Vec<Request> {
        lock(&self.taken).clone()
    }

    pub fn count(&self) -> usize {
        lock(&self.taken).len()
    }
}

impl Drop for HttpEndpoint {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl std::fmt::Debug for HttpEndpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HttpEndpoint({})", self.url())
    }
}

async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, answers: &Answers, keeps: &Mutex<Vec<Request>>) -> io::Result<()> {
    let mut bytes = Vec::new();
    let request = loop {
        let mut part = [0; 4096];
        let read = stream.read(&mut part).await?;
        if read == 0 {
            return Ok(());
        }
        bytes.extend_from_slice(&part[..read]);
        if let Some(request) = whole(&bytes) {
            break request;
        }
    };
    let answer = answers(&request);
    lock(keeps).push(request);
    let (status, more) = match answer {
        Answer::Status(status) => (status, String::new()),
        Answer::Later(status, pause) => {
            sleep(pause).await;
            (status, String::new())
        }
        Answer::Redirect(path) => ("307 Temporary Redirect", format!("location: {path}\r\n")),
        Answer::Silence => return std::future::pending().await,
    };
    stream.write_all(format!("HTTP/1.1 {status}\r\n{more}content-length: 0\r\n\r\n").as_bytes()).await?;
    stream.shutdown().await
}

fn whole(bytes: &[u8]) -> Option<Request> {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let request = Request { head: head.to_owned(), body: body.to_owned() };
    let length: usize = request.header("content-length")?.parse().ok()?;
    (body.len() >= length).then_some(request)
}

/// What is behind the lock is whole at any moment.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
