//! The organisation that a drill applies to, set up the way its operator would: a key by the command line, the rest through the API.

use anyhow::{Context, ensure};
use hearback_domain::ids::{BoardId, JobId};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

use crate::processes::Processes;

#[derive(Clone, Debug)]
pub(crate) struct Organisation {
    http: Client,
    url: String,
    key: String,
    pub(crate) board: BoardId,
    pub(crate) job: JobId,
}

impl Organisation {
    /// Needs a running API.
    pub(crate) async fn set_up(processes: &Processes) -> anyhow::Result<Self> {
        let key = processes.answer(&["keys", "create", "--kind", "secret", "--name", "drill"]).await?;
        Self::at(&processes.url, key).await
    }

    /// With a secret key of the API there.
    pub(crate) async fn at(url: &str, key: String) -> anyhow::Result<Self> {
        let http = crate::load::client()?;
        let create = async |path: &str, body: Value| {
            let answer = http.post(format!("{url}/v1/{path}")).bearer_auth(&key).json(&body).send().await?;
            let (status, body) = (answer.status(), answer.text().await?);
            ensure!(status.is_success(), "{path} could not be set up: {status} {body}");
            let body: Value = serde_json::from_str(&body)?;
            body["id"].as_str().map(str::to_owned).context("what was created has an id")
        };
        let board = create(
            "boards",
            json!({
                "organisation": "Example Health", "sender": "careers@example.com", "sender_name": "Example Health careers",
                "reply_to": "people@example.com", "locale": "en", "time_zone": "Europe/Berlin",
            }),
        );
        let board = board.await?;
        let job = create("jobs", json!({ "board_id": board, "title": "Nurse", "owner": "owner@example.com" })).await?.parse()?;
        Ok(Self { http, url: url.to_owned(), key, board: board.parse()?, job })
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.http.get(format!("{}/v1/{path}", self.url)).bearer_auth(&self.key)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.http.post(format!("{}/v1/{path}", self.url)).bearer_auth(&self.key).json(body)
    }
}
