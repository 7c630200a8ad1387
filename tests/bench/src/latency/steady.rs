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

pub(super) struct Steady {
    pub(super) address: SocketAddr,
    pub(super) path: String,
    pub(super) key: String,
    /// Applications a second.
    pub(super) rate: u32,
}

pub(super) struct Times {
    pub(super) since_answer: Spread,
    pub(super) since_asked: Spread,
}

struct Applied {
    number: u32,
    asked: Instant,
    answered: Instant,
}

impl Steady {
    /// Until the last acknowledgement was accepted.
    pub(super) async fn apply(&self, sink: &SmtpSink, warm_up: Duration, measured: Duration) -> anyhow::Result<Times> {
        let (first, all) = (self.count(warm_up), self.count(warm_up + measured));
        let idle: Arc<Mutex<Vec<Connection>>> = Arc::default();
        let mut ticks = interval(Duration::from_secs(1) / self.rate);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let mut applicants = Vec::new();
        for number in 0..all {
            ticks.tick().await;
            applicants.push(tokio::spawn(applicant(self.address, self.request(number), number, Arc::clone(&idle))));
        }
        let applied: Vec<Applied> = try_join_all(applicants.into_iter().map(async |task| task.await?)).await?;
        let accepted = acknowledged(sink, usize::try_from(all)?).await?;
        let (mut since_answer, mut since_asked) = (Vec::new(), Vec::new());
        for Applied { number, asked, answered } in applied.into_iter().filter(|applied| applied.number >= first) {
            let at = *accepted.get(&address(number)).with_context(|| format!("{} was not acknowledged", address(number)))?;
            since_answer.push(at.saturating_duration_since(answered));
            since_asked.push(at.duration_since(asked));
        }
        Ok(Times { since_answer: Spread::of(since_answer), since_asked: Spread::of(since_asked) })
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
