//! Who closes the job, and watches how far it comes.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use hearback_domain::ids::JobId;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::Closed;
use crate::intake::http::Connection;

/// Seldom enough not to be what is measured.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

pub(super) struct Recruiter {
    pub(super) address: SocketAddr,
    pub(super) secret: String,
    pub(super) job: JobId,
}

impl Recruiter {
    /// The dry run's confirmation.
    pub(super) async fn look(&self, applicants: usize) -> anyhow::Result<String> {
        let mut connection = Connection::open(self.address).await?;
        let looked = self.post(&mut connection, "close/dry-run?limit=1", &json!({}), 200).await?;
        let summary = &looked["summary"];
        ensure!(summary["messages"] == applicants, "the dry run says {summary}");
        summary["confirmation"].as_str().map(str::to_owned).context("a dry run confirms")
    }

    /// Until everybody was dealt with.
    pub(super) async fn close(&self, confirmation: &str, applicants: usize, patience: Duration) -> anyhow::Result<Closed> {
        let mut connection = Connection::open(self.address).await?;
        let asked = Instant::now();
        let operation = self.post(&mut connection, "close", &json!({ "confirmation": confirmation }), 202).await?;
        let answered = Instant::now();
        let path = format!("/v1/operations/{}", operation["id"].as_str().context("an operation has an id")?);
        loop {
            let progress = self.get(&mut connection, &path).await?["progress"].take();
            if progress["messages"] == applicants {
                return Ok(Closed { asked, answered, owed: Instant::now() });
            }
            ensure!(progress["failed"] == 0 && progress["passed_over"] == 0, "not everybody was rejected: {progress}");
            ensure!(asked.elapsed() < patience, "after {patience:?} it has come to {progress}");
            sleep(LOOK_AGAIN).await;
        }
    }

    async fn post(&self, connection: &mut Connection, verb: &str, body: &Value, expected: u16) -> anyhow::Result<Value> {
        let body = body.to_string();
        let (job, head) = (self.job, self.head(body.len()));
        let status = connection.ask(format!("POST /v1/jobs/{job}/{verb} {head}{body}").as_bytes()).await?;
        ensure!(status == expected, "{verb} was answered {status}: {}", connection.body());
        Ok(serde_json::from_str(&connection.body())?)
    }

    async fn get(&self, connection: &mut Connection, path: &str) -> anyhow::Result<Value> {
        let status = connection.ask(format!("GET {path} {}", self.head(0)).as_bytes()).await?;
        ensure!(status == 200, "{path} was answered {status}: {}", connection.body());
        Ok(serde_json::from_str(&connection.body())?)
    }

    fn head(&self, length: usize) -> String {
        let Self { address, secret, job: _ } = self;
        format!(
            "HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {secret}\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n"
        )
    }
}
