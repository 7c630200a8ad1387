//! Applicants at a steady rate, whatever the answers take: a slow one holds up nobody behind it.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use futures::future::try_join_all;
use hearback_testkit::smtp_sink::SmtpSink;
use tokio::time::{MissedTickBehavior, interval};

use crate::{intake::http::Connection, spread::Spread};

const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Steady {
    pub(crate) address: SocketAddr,
    pub(crate) path: String,
    pub(crate) key: String,
    /// Applications a second.
    pub(crate) rate: u32,
}

pub(crate) struct Times {
    pub(crate) since_answer: Spread,
    pub(crate) since_asked: Spread,
}

struct Applied {
    number: u32,
    asked: Instant,
    answered: Instant,
}

/// An application whose acknowledgement a relay took.
pub(crate) struct Acknowledged {
    number: u32,
    pub(crate) asked: Instant,
    answered: Instant,
    accepted: Instant,
}

impl Times {
    pub(crate) fn of(acknowledged: impl Iterator<Item = Acknowledged>) -> Self {
        let since = |of: &Acknowledged| (of.accepted.saturating_duration_since(of.answered), of.accepted - of.asked);
        let (since_answer, since_asked) = acknowledged.map(|of| since(&of)).unzip();
        Self { since_answer: Spread::of(since_answer), since_asked: Spread::of(since_asked) }
    }
}

impl Steady {
    /// Until the last acknowledgement was accepted.
    pub(super) async fn apply(&self, sink: &SmtpSink, warm_up: Duration, measured: Duration) -> anyhow::Result<Times> {
        let (first, all) = (self.count(warm_up), self.count(warm_up + measured));
        let acknowledged = self.apply_while(sink, |number| number < all).await?;
        Ok(Times::of(acknowledged.into_iter().filter(|of| of.number >= first)))
    }

    /// As long as `goes_on` says so, which is asked before each; then until the last acknowledgement was accepted.
    pub(crate) async fn apply_while(&self, sink: &SmtpSink, goes_on: impl Fn(u32) -> bool) -> anyhow::Result<Vec<Acknowledged>> {
        let idle: Arc<Mutex<Vec<Connection>>> = Arc::default();
        let mut ticks = interval(Duration::from_secs(1) / self.rate);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let mut applicants = Vec::new();
        for number in (0..).take_while(|number| goes_on(*number)) {
            ticks.tick().await;
            applicants.push(tokio::spawn(applicant(self.address, self.request(number), number, Arc::clone(&idle))));
        }
        let applied: Vec<Applied> = try_join_all(applicants.into_iter().map(async |task| task.await?)).await?;
        let accepted = acknowledged(sink, applied.len()).await?;
        let acknowledged = |Applied { number, asked, answered }| {
            let accepted = *accepted.get(&address(number)).with_context(|| format!("{} was not acknowledged", address(number)))?;
            Ok(Acknowledged { number, asked, answered, accepted })
        };
        applied.into_iter().map(acknowledged).collect()
    }

    fn count(&self, time: Duration) -> u32 {
        (time.as_secs_f64() * f64::from(self.rate)) as u32
    }

    fn request(&self, number: u32) -> String {
        let Self { address: host, path, key, rate: _ } = self;
        let body = format!(r#"{{"name":"Ada Okafor","email":"{}"}}"#, address(number));
        format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }
}

fn address(number: u32) -> String {
    format!("steady-{number}@mail-{}.example.net", number % 1_000)
}

async fn applicant(server: SocketAddr, request: String, number: u32, idle: Arc<Mutex<Vec<Connection>>>) -> anyhow::Result<Applied> {
    let connections = || idle.lock().unwrap_or_else(PoisonError::into_inner);
    let open = connections().pop();
    let mut connection = match open {
        Some(connection) => connection,
        None => Connection::open(server).await?,
    };
    let asked = Instant::now();
    let status = connection.ask(request.as_bytes()).await?;
    let answered = Instant::now();
    ensure!(status == 201, "an application was answered {status}: {}", connection.body());
    connections().push(connection);
    Ok(Applied { number, asked, answered })
}

/// When each of the first so many was accepted, by the applicant's address.
async fn acknowledged(sink: &SmtpSink, wanted: usize) -> anyhow::Result<HashMap<String, Instant>> {
    let began = Instant::now();
    loop {
        let mut accepted = HashMap::new();
        for message in sink.accepted() {
            for recipient in message.envelope.recipients.iter().filter(|recipient| recipient.starts_with("steady-")) {
                accepted.entry(recipient.clone()).or_insert(message.accepted_at);
            }
        }
        if accepted.len() >= wanted {
            return Ok(accepted);
        }
        ensure!(began.elapsed() < PATIENCE, "{} of {wanted} were acknowledged within {PATIENCE:?}", accepted.len());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
