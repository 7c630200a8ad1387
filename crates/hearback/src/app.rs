//! The whole program in one process: API, pages and worker on one ledger.

use std::{io, net::TcpListener, sync::Arc, time::Duration};

use actix_web::{
    HttpServer,
    body::MessageBody,
    dev::{ServerHandle, ServiceRequest, ServiceResponse},
    middleware::{Next, from_fn},
};
use anyhow::Context;
use futures::{FutureExt, future::LocalBoxFuture};
use hearback_domain::{
    clock::{Clock, SystemClock},
    random::Random,
};
use hearback_ledger::{DatabaseClock, Ledger};
use tokio::{task::JoinHandle, time::Instant};

use crate::{
    config::{Config, MailTransport},
    listener,
    receiving::Receiving,
    sending::Sending,
};

/// How long requests that are being answered may take once the program was asked to stop.
const LAST_ANSWERS: Duration = Duration::from_secs(10);

/// The program, to be started.
#[derive(Clone, Copy, Debug)]
pub struct App;

/// A started program. Stop it with [`Running::stop`]: dropping it leaves its tasks to the runtime.
pub struct Running {
    /// Of this machine: `http://127.0.0.1:8080`.
    pub url: String,
    /// What links in mails begin with.
    pub public_url: String,
    pub ledger: Ledger,
    server: ServerHandle,
    served: JoinHandle<io::Result<()>>,
    sending: Option<Sending>,
    receiving: Option<Receiving>,
}

impl App {
    /// Returns when the first request can be answered.
    pub fn start(config: Config) -> LocalBoxFuture<'static, anyhow::Result<Running>> {
        async move {
            let clock = clock(&config).await?;
            Self::started(config, clock).await
        }
        .boxed_local()
    }

    /// By another clock than the database's: for tests.
    pub fn start_at(config: Config, clock: Arc<dyn Clock>) -> LocalBoxFuture<'static, anyhow::Result<Running>> {
        Self::started(config, clock).boxed_local()
    }

    async fn started(config: Config, clock: Arc<dyn Clock>) -> anyhow::Result<Running> {
        // First what fails most often, before a database is made.
        let listener = listener::listen(config.listen)?;
        let url = listener::local_url(listener.local_addr()?);
        let public_url = config.public_url.as_ref().map_or_else(|| url.clone(), |given| given.as_str().to_owned());
        let ledger = open(&config, Arc::clone(&clock)).await?;
        let served = serve(&config, listener, &public_url, &ledger)?;
        let server = served.handle();
        let receiving = Receiving::start(&config, ledger.clone()).await?;
        let sending = if config.worker.enabled { Some(Sending::start(&config, &public_url, ledger.clone(), clock).await?) } else { None };
        Ok(Running { url, public_url, ledger, server, served: tokio::spawn(served), sending, receiving })
    }
}

impl Running {
    /// Returns only if a part ends that nobody asked to, and says why.
    pub fn failed(&mut self) -> LocalBoxFuture<'_, anyhow::Error> {
        self.part_that_ended().boxed_local()
    }

    async fn part_that_ended(&mut self) -> anyhow::Error {
        let sending = async {
            match &mut self.sending {
                Some(sending) => sending.failed().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            error = sending => error,
            served = &mut self.served => match served {
                Ok(Ok(())) => anyhow::anyhow!("the HTTP server ended"),
                Ok(Err(error)) => anyhow::Error::from(error).context("the HTTP server ended"),
                Err(error) => anyhow::Error::from(error).context("the HTTP server ended"),
            },
        }
    }

    /// Where mail is taken in, with the port that was free, if it is configured.
    pub fn lmtp(&self) -> Option<String> {
        self.receiving.as_ref().map(|receiving| receiving.address().to_string())
    }

    /// Takes no new work, and returns when what was begun is finished.
    pub fn stop(self) -> LocalBoxFuture<'static, ()> {
        self.stopped().boxed_local()
    }

    async fn stopped(self) {
        let Self { url: _, public_url: _, ledger: _, server, served: _, sending, receiving } = self;
        let sent = async {
            if let Some(sending) = sending {
                sending.stop().await;
            }
        };
        let received = async {
            if let Some(receiving) = receiving {
                receiving.stop().await;
            }
        };
        tokio::join!(server.stop(true), sent, received);
    }
}

pub(crate) async fn open(config: &Config, clock: Arc<dyn Clock>) -> anyhow::Result<Ledger> {
    let url = &config.database.url;
    let random = Arc::new(Random::from_system());
    Ledger::open(url.reveal(), config.ledger_settings(), clock, random).await.with_context(|| format!("{url} cannot be opened"))
}

/// For commands that come and go.
pub(crate) async fn open_now(config: &Config) -> anyhow::Result<Ledger> {
    open(config, clock(config).await?).await
}

/// For commands that look at what is there: an SQLite file that is not would be made, and nothing found in it.
pub(crate) async fn open_existing(config: &Config) -> anyhow::Result<Ledger> {
    if let Some(file) = config.database.url.sqlite_file() {
        anyhow::ensure!(file.exists(), "there is no database at {}; set database.url", file.display());
    }
    open_now(config).await
}

/// The database's on PostgreSQL, where processes of several machines meet. An SQLite file has one machine, and its clock is everybody's.
pub(crate) async fn clock(config: &Config) -> anyhow::Result<Arc<dyn Clock>> {
    let url = &config.database.url;
    if url.sqlite_file().is_some() {
        return Ok(Arc::new(SystemClock));
    }
    Ok(DatabaseClock::start(url.reveal()).await.with_context(|| format!("{url} cannot be opened"))?)
}

fn serve(config: &Config, listener: TcpListener, public_url: &str, ledger: &Ledger) -> anyhow::Result<actix_web::dev::Server> {
    let api = hearback_api::Api { ledger: ledger.clone(), public_url: public_url.to_owned(), careers: config.careers.careers() };
    let mailbox = config.mail.transport == MailTransport::Capture;
    let pages = hearback_pages::Pages { ledger: ledger.clone(), public_url: public_url.parse()?, mailbox };
    let server = HttpServer::new(move || {
        let (api, pages) = (api.clone(), pages.clone());
        actix_web::App::new()
            .wrap(from_fn(log_request))
            .configure(move |parts| hearback_api::configure(parts, api))
            .configure(move |parts| hearback_pages::configure(parts, pages))
    });
    Ok(server.listen(listener)?.disable_signals().shutdown_timeout(LAST_ANSWERS.as_secs()).run())
}

/// The route instead of the path: a path can hold an applicant's token.
async fn log_request(request: ServiceRequest, next: Next<impl MessageBody>) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let began = Instant::now();
    let response = next.call(request).await?;
    let request = response.request();
    let (method, route) = (request.method().as_str(), request.match_pattern().unwrap_or_default());
    tracing::debug!(method, route, status = response.status().as_u16(), micros = began.elapsed().as_micros() as u64, "answered");
    Ok(response)
}
