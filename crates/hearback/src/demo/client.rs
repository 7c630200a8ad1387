//! The HTTP API, as a careers page and a recruiter's program use it.

use anyhow::Context;
use hearback_domain::ids::{ApplicationId, BoardId, JobId};
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::cast::{ORGANISATION, Person, Post, RECRUITER};

#[derive(Clone)]
pub(super) struct Client {
    http: reqwest::Client,
    url: String,
    key: String,
}

impl Client {
    pub(super) fn new(url: &str, key: &str) -> anyhow::Result<Self> {
        // A proxy of the environment has no business between two parts of one machine.
        let http = reqwest::Client::builder().no_proxy().build()?;
        Ok(Self { http, url: url.to_owned(), key: key.to_owned() })
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }

    pub(super) async fn create_board(&self) -> anyhow::Result<BoardId> {
        let board = json!({
            "organisation": ORGANISATION,
            "sender": "jobs@brightwater.example.org",
            "sender_name": ORGANISATION,
            "reply_to": "people@brightwater.example.org",
            "locale": "en",
            "time_zone": "Europe/Lisbon",
        });
        id(&self.post("/v1/boards", &board, StatusCode::CREATED).await?)
    }

    pub(super) async fn create_job(&self, board: BoardId, post: Post) -> anyhow::Result<JobId> {
        let job = json!({ "board_id": board, "title": post.title(), "owner": "people@brightwater.example.org" });
        id(&self.post("/v1/jobs", &job, StatusCode::CREATED).await?)
    }

    pub(super) async fn apply(&self, job: JobId, person: &Person) -> anyhow::Result<ApplicationId> {
        let application = json!({ "name": person.name, "email": person.email });
        id(&self.post(&format!("/v1/jobs/{job}/applications"), &application, StatusCode::CREATED).await?)
    }

    /// `verb` is the last part of the path: `move`, `reject`, `unreject`, `hire`, `withdraw`.
    pub(super) async fn act(&self, application: ApplicationId, verb: &str, with: Value) -> anyhow::Result<()> {
        self.post(&format!("/v1/applications/{application}/{verb}"), &with, StatusCode::OK).await?;
        Ok(())
    }

    async fn post(&self, path: &str, body: &Value, expected: StatusCode) -> anyhow::Result<Value> {
        let request = self.http.post(format!("{}{path}", self.url)).bearer_auth(&self.key).header("Hearback-Actor", RECRUITER).json(body);
        let response = request.send().await?;
        let (status, answer) = (response.status(), response.text().await?);
        anyhow::ensure!(status == expected, "POST {path} was answered with {status}: {answer}");
        serde_json::from_str(&answer).with_context(|| format!("POST {path} was answered with no JSON: {answer}"))
    }
}

fn id<I: std::str::FromStr>(answer: &Value) -> anyhow::Result<I> {
    answer["id"].as_str().and_then(|id| id.parse().ok()).with_context(|| format!("an answer without an id: {answer}"))
}
