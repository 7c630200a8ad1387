//! Drill webhooks: what happens is told to another program, while the processes that tell it are killed at random. Everything is told at
//! least once; a repeat has the id and the body of the first; and nothing is told under two ids.

use std::{
    collections::{HashMap, HashSet},
    sync::Mutex,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use hearback_domain::{notification::Kind, random::Random};
use hearback_testkit::{
    database::TestDatabase,
    http_endpoint::{Answer, HttpEndpoint, Request},
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::{
    account,
    drill::Options,
    drill_01_kills::{below, end, start},
    load::{Answered, Load, Then, answer},
    organisation::Organisation,
    outcome::Outcome,
    processes::{Mail, Process, Processes},
    tables::Tables,
};

/// To one endpoint, by all processes together.
const AT_ONCE: usize = 4;

/// One in so many is refused when it comes for the first time: the next try is 5 s later.
const REFUSED: usize = 10;

/// An endpoint takes so long for each, so that there is always something to be killed in the middle of.
const PAUSE: Duration = Duration::from_millis(10);

/// How long a process may be back at work before the next kill, at most.
const LONGEST_PEACE: Duration = Duration::from_millis(600);

/// What is told some seconds after it happened may take until everything is told.
const TO_REST: Duration = Duration::from_secs(180);

pub(crate) async fn run(options: &Options) -> anyhow::Result<Outcome> {
    let (applications, kills) = (options.count(100, 1_500), options.count(8, 50));
    let database = TestDatabase::create(options.db);
    let processes = Processes::new(database.url(), Mail::Captured)?.with(&[("HEARBACK_WEBHOOKS__TO_LOOPBACK", "true")]);
    let mut running = start(options.db, &processes).await?;
    let endpoint = HttpEndpoint::start(sometimes_refusing()).await?;
    let organisation = Organisation::set_up(&processes).await?;
    let made = organisation.post("webhook-endpoints", &json!({ "url": endpoint.url() }));
    let (status, made) = answer(made).await?;
    ensure!(status == StatusCode::CREATED, "the endpoint could not be made: {status} {made}");
    let load = Load::new(organisation, applications, Then::ChangeStatus);
    let answered = load.run().await?;

    // Told is: that they applied, what was decided, and that both mails were taken.
    let expected = 4 * applications;
    let tables = Tables::new(options.db, database.url());
    let random = Random::from_seed(options.seed);
    let in_time = kill(&mut running, &processes, &endpoint, &random, kills, expected).await?;
    let rested = at_rest(&tables, expected).await?;
    end(&mut running).await?;

    let ledger = account::open(database.url()).await?;
    let mut outcome = Outcome { answered: load.answered_by_now(), findings: processes.audit().await?, ..Outcome::default() };
    let mut owed = HashSet::new();
    for one in &answered {
        owed.extend(happened(&ledger, one).await?);
    }
    outcome.expect(owed.len() == expected, || format!("{} things happened instead of {expected}", owed.len()));
    settle(&mut outcome, &owed, &endpoint.taken())?;
    let recorded = tables.number("SELECT count(*) FROM webhook_delivery WHERE state = 'delivered'").await?;
    outcome.expect(usize::try_from(recorded)? == expected, || format!("{recorded} of {expected} are on record as delivered"));
    println!("  {expected} webhooks for {applications} applications; {} requests at the endpoint", endpoint.count());
    println!("  {kills} SIGKILLs, {in_time} of them while there was something to tell; at rest {:.1} s after them", rested.as_secs_f64());
    outcome.expect(in_time * 2 > kills, || "most of the kills came too late to matter".to_owned());
    // A refused one counts among the repeats, once.
    let most = AT_ONCE * kills + expected.div_ceil(REFUSED) * 2;
    outcome
        .expect(outcome.duplicates <= most, || format!("more repeats than {AT_ONCE} in flight × {kills} kills and those refused: {most}"));
    Ok(outcome)
}

fn sometimes_refusing() -> impl Fn(&Request) -> Answer + Send + Sync {
    let seen = Mutex::new(HashSet::new());
    move |request: &Request| {
        let id = request.header("webhook-id").unwrap_or_default().to_owned();
        let mut seen = seen.lock().expect("nothing panics while it is held");
        let number = seen.len();
        if seen.insert(id) && number.is_multiple_of(REFUSED) {
            Answer::Later("503 Busy", PAUSE)
        } else {
            Answer::Later("204 No Content", PAUSE)
        }
    }
}

/// By progress instead of by the clock. How many kills came before everything was told.
async fn kill(
    running: &mut [Process],
    processes: &Processes,
    endpoint: &HttpEndpoint,
    random: &Random,
    kills: usize,
    expected: usize,
) -> anyhow::Result<usize> {
    let mut moments: Vec<usize> = (0..kills).map(|_| below(random, expected * 9 / 10)).collect();
    moments.sort_unstable();
    let (mut in_time, began) = (0, Instant::now());
    for moment in moments {
        while endpoint.count() < moment {
            ensure!(began.elapsed() < TO_REST, "{} of {expected} came within {TO_REST:?}", endpoint.count());
            sleep(Duration::from_millis(5)).await;
        }
        sleep(LONGEST_PEACE.mul_f64(random.fraction())).await;
        in_time += usize::from(endpoint.count() < expected);
        let victim = below(random, running.len());
        running[victim].kill_and_restart(processes, Duration::ZERO).await.context("after a SIGKILL")?;
    }
    Ok(in_time)
}

async fn at_rest(tables: &Tables, expected: usize) -> anyhow::Result<Duration> {
    const DELIVERED: &str = "SELECT count(*) FROM webhook_delivery WHERE state = 'delivered'";
    let (began, expected) = (Instant::now(), i64::try_from(expected)?);
    while tables.number(DELIVERED).await? < expected && began.elapsed() < TO_REST {
        sleep(Duration::from_millis(100)).await;
    }
    Ok(began.elapsed())
}

/// What is to be told of an application: the type, and the event or the message that it is about.
async fn happened(ledger: &hearback_ledger::Ledger, one: &Answered) -> anyhow::Result<Vec<(String, String)>> {
    let mut all = Vec::new();
    for event in ledger.events(one.application).await? {
        all.extend(
            hearback_domain::webhook::WebhookType::of_event(event.kind).map(|kind| (kind.as_str().to_owned(), event.id.to_string())),
        );
    }
    let messages = ledger.notifications(one.application).await?;
    let sent = messages.iter().filter(|message| matches!(message.kind, Kind::Received | Kind::StageChanged | Kind::Rejected));
    all.extend(sent.map(|message| ("message.sent".to_owned(), message.id.to_string())));
    Ok(all)
}

fn settle(outcome: &mut Outcome, owed: &HashSet<(String, String)>, taken: &[Request]) -> anyhow::Result<()> {
    let mut by_id: HashMap<String, &str> = HashMap::new();
    let mut by_cause: HashMap<(String, String), String> = HashMap::new();
    for request in taken {
        let id = request.header("webhook-id").context("a webhook has an id")?.to_owned();
        let body: Value = serde_json::from_str(&request.body)?;
        let about = body["data"]["event_id"].as_str().or(body["data"]["notification_id"].as_str()).context("it is about something")?;
        let cause = (body["type"].as_str().context("a webhook has a type")?.to_owned(), about.to_owned());
        if let Some(first) = by_id.insert(id.clone(), &request.body) {
            outcome.duplicates += 1;
            outcome.expect(first == request.body, || format!("{id} came again with another body"));
        }
        outcome.expect(owed.contains(&cause), || format!("{cause:?} was told, and never happened"));
        let first = by_cause.entry(cause.clone()).or_insert_with(|| id.clone());
        outcome.expect(*first == id, || format!("{cause:?} was told as {first} and as {id}"));
    }
    outcome.lost = owed.iter().filter(|cause| !by_cause.contains_key(*cause)).count();
    Ok(())
}
