//! Every request is sent a hundred times at once under one Idempotency-Key, by clients that try again until they have an answer, while the
//! server is killed at random. Each key must be carried out once, and everybody who is told so must be told the same.

use std::{
    collections::{BTreeSet, HashSet},
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use futures::{StreamExt, TryStreamExt, future::try_join_all, stream};
use hearback_domain::{ids::ApplicationId, notification::Kind, random::Random};
use hearback_testkit::{
    database::TestDatabase,
    smtp_sink::{Keep, Script, SmtpSink},
};
use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tokio::{sync::watch, time::sleep, try_join};

use crate::{
    account,
    drill::{Options, TO_REST},
    drill_01_kills::{below, end, start},
    load::{Answered, Load, Then},
    organisation::Organisation,
    outcome::Outcome,
    processes::{IN_DOUBT, Mail, Process, Processes},
    tables::Tables,
};

/// Of each request, at once.
const REPEATS: usize = 100;

/// Keys that are being used at once.
const KEYS_AT_ONCE: usize = 4;

/// Every so many keys also make a job, which is kept from being made twice in another way than an application.
const A_JOB_EVERY: usize = 10;

/// How long a client goes on trying, and how soon.
const PATIENCE: Duration = Duration::from_secs(120);
const TRY_AGAIN_AFTER: Duration = Duration::from_millis(50);

/// How long the server may be back at work before the next kill, at most.
const LONGEST_PEACE: Duration = Duration::from_millis(150);

pub(crate) async fn run(options: &Options) -> anyhow::Result<Outcome> {
    let (keys, kills) = (options.count(40, 1_000), options.count(8, 50));
    let database = TestDatabase::create(options.db);
    let sink = SmtpSink::start(Script::accept_all(), Keep::Everything).await?;
    let processes = Processes::new(database.url(), Mail::Relay(sink.address()))?;
    let mut running = start(options.db, &processes).await?;
    let crowd = Crowd::new(Organisation::set_up(&processes).await?, keys);
    let random = Random::from_seed(options.seed);
    let (answered, in_load) = try_join!(crowd.run(), kill(&mut running, &processes, &crowd, &random, kills))?;

    let tables = Tables::new(options.db, database.url());
    account::at_rest(&tables, &sink, keys, TO_REST).await?;
    end(&mut running).await?;
    let ledger = account::open(database.url()).await?;
    let on_record = Load::new(crowd.organisation.clone(), keys, Then::Nothing);
    let applied: Vec<Answered> = answered.iter().map(|answered| answered.applied.clone()).collect();
    let mut outcome = account::settle(&ledger, &on_record, &applied, &sink.accepted(), processes.audit().await?).await?;
    outcome.answered = crowd.answered_by_now();
    let jobs: Vec<String> = tables.column("SELECT title FROM job WHERE title LIKE 'Job of key %'").await?;
    let titles: BTreeSet<&String> = jobs.iter().collect();
    let wanted = keys.div_ceil(A_JOB_EVERY);
    outcome.expect(jobs.len() == wanted && titles.len() == wanted, || format!("{} jobs are on record for {wanted} keys", jobs.len()));
    let distinct: HashSet<ApplicationId> = applied.iter().map(|applied| applied.application).collect();
    outcome.expect(distinct.len() == keys, || format!("{keys} keys led to {} applications", distinct.len()));
    let differing: usize = answered.iter().map(|answered| answered.differing).sum();
    outcome.expect(differing == 0, || format!("{differing} successes were answered otherwise than the first of their key"));
    let lost: usize = answered.iter().map(|answered| answered.answer_lost).sum();
    let again = crowd.tried_again.load(Ordering::Relaxed);
    println!("  {keys} keys × {REPEATS} repeats of an application, and {wanted} × {REPEATS} of a job; requests tried again: {again}");
    println!("  {kills} SIGKILLs, {in_load} of them before the last answer; told that the answer was lost: {lost}");
    outcome.expect(in_load * 2 > kills, || "most of the kills came too late to matter".to_owned());
    outcome.expect(again > 0, || "no client ever noticed a kill".to_owned());
    outcome.expect(outcome.duplicates <= IN_DOUBT * kills, || format!("more duplicates than {IN_DOUBT} in doubt × {kills} kills"));
    Ok(outcome)
}

/// Clients that all ask for the same.
struct Crowd {
    organisation: Organisation,
    keys: usize,
    tried_again: AtomicUsize,
    answered: watch::Sender<usize>,
}

/// What everybody who used one key was told.
struct OfKey {
    applied: Answered,
    /// Successes that were not the first one's.
    differing: usize,
    answer_lost: usize,
}

/// An answer, as far as it has to be the same for everybody.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    status: StatusCode,
    location: Option<String>,
    body: String,
}

impl Crowd {
    fn new(organisation: Organisation, keys: usize) -> Self {
        Self { organisation, keys, tried_again: AtomicUsize::new(0), answered: watch::Sender::new(0) }
    }

    async fn run(&self) -> anyhow::Result<Vec<OfKey>> {
        stream::iter(0..self.keys).map(|number| self.key(number)).buffer_unordered(KEYS_AT_ONCE).try_collect().await
    }

    fn requests(&self) -> usize {
        REPEATS * (self.keys + self.keys.div_ceil(A_JOB_EVERY))
    }

    fn answered_by_now(&self) -> usize {
        *self.answered.borrow()
    }

    async fn key(&self, number: usize) -> anyhow::Result<OfKey> {
        let path = format!("jobs/{}/applications", self.organisation.job);
        let body = json!({ "name": format!("Ada Okafor {number}"), "email": format!("ada-{number}@mail-{}.example.net", number % 50) });
        let told = self.everybody(&path, &body, &format!("application-{number}")).await?;
        ensure!(
            told.iter().all(|told| told.status == StatusCode::CREATED),
            "an application was answered {:?}",
            told.iter().find(|told| told.status != StatusCode::CREATED)
        );
        let id: Value = serde_json::from_str(&told[0].body)?;
        let application = id["id"].as_str().context("an application has an id")?.parse()?;
        let applied = Answered { application, at: Instant::now(), owed: vec![Kind::Received] };
        let mut of_key = OfKey { applied, differing: differing(&told), answer_lost: 0 };
        if number.is_multiple_of(A_JOB_EVERY) {
            let body =
                json!({ "board_id": self.organisation.board, "title": format!("Job of key {number}"), "owner": "owner@example.com" });
            let told = self.everybody("jobs", &body, &format!("job-{number}")).await?;
            let (made, others): (Vec<Told>, Vec<Told>) = told.into_iter().partition(|told| told.status == StatusCode::CREATED);
            // A process was killed after it made the job and before it kept the answer: that is said, and nothing is made again.
            let lost = |told: &Told| told.status == StatusCode::CONFLICT && told.body.contains("/problems/answer_lost");
            ensure!(others.iter().all(lost), "a job was answered {:?}", others.iter().find(|told| !lost(told)));
            of_key.differing += differing(&made);
            of_key.answer_lost = others.len();
        }
        Ok(of_key)
    }

    async fn everybody(&self, path: &str, body: &Value, key: &str) -> anyhow::Result<Vec<Told>> {
        let request = || self.organisation.post(path, body).header("Idempotency-Key", key);
        try_join_all((0..REPEATS).map(|_| self.until_answered(request))).await
    }

    /// Tries again while nobody answers, or the answer is to come again later.
    async fn until_answered(&self, request: impl Fn() -> RequestBuilder) -> anyhow::Result<Told> {
        let began = Instant::now();
        loop {
            let why = match told(request()).await {
                Ok(told) if !is_temporary(&told) => {
                    self.answered.send_modify(|answered| *answered += 1);
                    return Ok(told);
                }
                Ok(told) => format!("{told:?}"),
                Err(error) => format!("{error:#}"),
            };
            ensure!(began.elapsed() < PATIENCE, "no answer within {PATIENCE:?}, only {why}");
            self.tried_again.fetch_add(1, Ordering::Relaxed);
            sleep(TRY_AGAIN_AFTER).await;
        }
    }
}

async fn told(request: RequestBuilder) -> anyhow::Result<Told> {
    let response = request.send().await?;
    let status = response.status();
    let location = response.headers().get("location").and_then(|value| value.to_str().ok()).map(str::to_owned);
    Ok(Told { status, location, body: response.text().await? })
}

fn is_temporary(told: &Told) -> bool {
    told.status.is_server_error()
        || told.status == StatusCode::TOO_MANY_REQUESTS
        || (told.status == StatusCode::CONFLICT && told.body.contains("/problems/request_in_progress"))
}

fn differing(told: &[Told]) -> usize {
    told.iter().filter(|other| told.first() != Some(other)).count()
}

/// How many kills happened while requests were still unanswered.
async fn kill(running: &mut [Process], processes: &Processes, crowd: &Crowd, random: &Random, kills: usize) -> anyhow::Result<usize> {
    // By progress instead of by the clock, so that a slow machine is not killed more often for the same work.
    let mut moments: Vec<usize> = (0..kills).map(|_| below(random, crowd.requests())).collect();
    moments.sort_unstable();
    let mut in_load = 0;
    for moment in moments {
        // The sender is the crowd's, so there is always one.
        let _ = crowd.answered.subscribe().wait_for(|answered| *answered >= moment).await;
        sleep(LONGEST_PEACE.mul_f64(random.fraction())).await;
        in_load += usize::from(crowd.answered_by_now() < crowd.requests());
        // The first has the API.
        running[0].kill_and_restart(processes, Duration::ZERO).await.context("after a SIGKILL")?;
    }
    Ok(in_load)
}
