//! Applicants who apply and recruiters who answer, all of whom try again until they have an answer.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use hearback_domain::{ids::ApplicationId, notification::Kind};
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tokio::{sync::watch, time::sleep};

use crate::organisation::Organisation;

/// At once. The program and everything around it share the machine's cores.
const CLIENTS: usize = 16;

/// How long a client goes on trying.
const PATIENCE: Duration = Duration::from_secs(90);
const TRY_AGAIN_AFTER: Duration = Duration::from_millis(50);

/// Applications to be made, and what is to become of each.
#[derive(Debug)]
pub(crate) struct Load {
    pub(crate) organisation: Organisation,
    pub(crate) applications: usize,
    pub(crate) then: Then,
    /// The first applicant's: two loads on one ledger are different people.
    first: usize,
    /// Where all of them have their mailboxes; without it, at fifty domains.
    domain: Option<&'static str>,
    /// How long each applicant and each recruiter takes before they ask.
    pace: Duration,
    tried_again: AtomicUsize,
    answered: watch::Sender<usize>,
}

/// What recruiters do with an application as soon as it is on record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    Nothing,
    /// Every other application moves on, the others are rejected; the applicant is told.
    ChangeStatus,
}

/// An application that was answered with a 2xx, and what its applicant must be told.
#[derive(Clone, Debug)]
pub(crate) struct Answered {
    pub(crate) application: ApplicationId,
    /// When its application was.
    pub(crate) at: Instant,
    pub(crate) owed: Vec<Kind>,
}

pub(crate) fn client() -> anyhow::Result<Client> {
    // A server that was killed answers nothing, ever.
    Ok(Client::builder().no_proxy().connect_timeout(Duration::from_secs(2)).timeout(Duration::from_secs(15)).build()?)
}

impl Load {
    pub(crate) fn new(organisation: Organisation, applications: usize, then: Then) -> Self {
        let (tried_again, answered) = (AtomicUsize::new(0), watch::Sender::new(0));
        Self { organisation, applications, then, first: 0, domain: None, pace: Duration::ZERO, tried_again, answered }
    }

    pub(crate) fn numbered_from(self, first: usize) -> Self {
        Self { first, ..self }
    }

    /// So slow that faults which take their time still meet somebody.
    pub(crate) fn paced(self, pace: Duration) -> Self {
        Self { pace, ..self }
    }

    pub(crate) fn all_at(self, domain: &'static str) -> Self {
        Self { domain: Some(domain), ..self }
    }

    /// How many requests will be answered.
    pub(crate) fn requests(&self) -> usize {
        match self.then {
            Then::Nothing => self.applications,
            Then::ChangeStatus => 2 * self.applications,
        }
    }

    /// Until all of it is answered.
    pub(crate) async fn run(&self) -> anyhow::Result<Vec<Answered>> {
        stream::iter(self.first..self.first + self.applications)
            .map(|number| self.applicant(number))
            .buffer_unordered(CLIENTS)
            .try_collect()
            .await
    }

    /// Returns when so many requests were answered.
    pub(crate) async fn answered(&self, requests: usize) {
        // The sender is ours, so there is always one.
        let _ = self.answered.subscribe().wait_for(|answered| *answered >= requests).await;
    }

    pub(crate) fn answered_by_now(&self) -> usize {
        *self.answered.borrow()
    }

    /// How often a request had to be repeated.
    pub(crate) fn tried_again(&self) -> usize {
        self.tried_again.load(Ordering::Relaxed)
    }

    async fn applicant(&self, number: usize) -> anyhow::Result<Answered> {
        sleep(self.pace).await;
        let path = format!("jobs/{}/applications", self.organisation.job);
        let domain = self.domain.map_or_else(|| format!("mail-{}.example.net", number % 50), str::to_owned);
        let body = json!({ "name": format!("Ada Okafor {number}"), "email": format!("ada-{number}@{domain}") });
        let request = || self.organisation.post(&path, &body).header("Idempotency-Key", format!("drill-{domain}-{number}"));
        let (status, answer) = self.until_answered(request).await?;
        ensure!(status.is_success(), "an application was answered {status}: {answer}");
        let application: ApplicationId = answer["id"].as_str().context("an application has an id")?.parse()?;
        let at = Instant::now();
        self.one_more_answered();
        let mut owed = vec![Kind::Received];
        if self.then == Then::ChangeStatus {
            owed.push(self.recruiter(number, application).await?);
        }
        Ok(Answered { application, at, owed })
    }

    async fn recruiter(&self, number: usize, application: ApplicationId) -> anyhow::Result<Kind> {
        let (verb, body, kind, shows) = if number.is_multiple_of(2) {
            ("move", json!({ "stage": "interview", "tell": true }), Kind::StageChanged, ("stage", "interview"))
        } else {
            ("reject", json!({ "reason": "position_filled" }), Kind::Rejected, ("status", "rejected"))
        };
        sleep(self.pace).await;
        let path = format!("applications/{application}/{verb}");
        let (status, answer) = self.until_answered(|| self.organisation.post(&path, &body)).await?;
        match status {
            StatusCode::OK => {}
            // Rejecting what is rejected: the first try went through, and its answer was lost.
            StatusCode::CONFLICT => {
                let (_, now) = self.until_answered(|| self.organisation.get(&format!("applications/{application}"))).await?;
                ensure!(now[shows.0] == shows.1, "{verb} was answered {answer}, and the application is {now}");
            }
            _ => bail!("{verb} was answered {status}: {answer}"),
        }
        self.one_more_answered();
        Ok(kind)
    }

    fn one_more_answered(&self) {
        self.answered.send_modify(|answered| *answered += 1);
    }

    /// Tries again while nobody answers, or the answer is to come again later.
    async fn until_answered(&self, request: impl Fn() -> RequestBuilder) -> anyhow::Result<(StatusCode, Value)> {
        let began = Instant::now();
        loop {
            let why = match answer(request()).await {
                Ok((status, answer)) if !is_temporary(status) => return Ok((status, answer)),
                Ok((status, answer)) => format!("{status}: {answer}"),
                Err(error) => format!("{error:#}"),
            };
            ensure!(began.elapsed() < PATIENCE, "no answer within {PATIENCE:?}, only {why}");
            self.tried_again.fetch_add(1, Ordering::Relaxed);
            sleep(TRY_AGAIN_AFTER).await;
        }
    }
}

fn is_temporary(status: StatusCode) -> bool {
    status.is_server_error() || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT)
}

pub(crate) async fn answer(request: RequestBuilder) -> anyhow::Result<(StatusCode, Value)> {
    let response = request.send().await?;
    let (status, body) = (response.status(), response.text().await?);
    let value = serde_json::from_str(&body).unwrap_or(Value::String(body));
    Ok((status, value))
}
