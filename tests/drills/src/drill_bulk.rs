//! Drill bulk: a job closes, another's applicants are rejected and others are imported, all at once, while the processes that do so are
//! killed at random. Everybody has the one final message that the dry run promised, and nobody another.

use std::{
    future::Future,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use hearback_domain::random::Random;
use hearback_testkit::database::TestDatabase;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::{
    drill::Options,
    drill_01_kills::{below, end, start},
    load::answer,
    organisation::Organisation,
    outcome::Outcome,
    processes::{IN_DOUBT, Mail, Process, Processes},
    tables::Tables,
};

/// Rows of one request; fewer while processes are killed, so that there are more to meet.
const PART: usize = 1_000;
const SMALL_PART: usize = 100;

const TRY_AGAIN_AFTER: Duration = Duration::from_millis(50);
const LONGEST_PEACE: Duration = Duration::from_millis(150);
const PATIENCE: Duration = Duration::from_secs(240);

/// The other system's own words for it.
const LONG_AGO: &str = "2025-10-01T09:00:00Z";

const OWED: &str = "SELECT count(*) FROM notification WHERE kind = 'rejected'";
const TOLD: &str = "SELECT count(*) FROM notification WHERE kind = 'rejected' AND state = 'sent'";
const UNDER_WAY: &str = "SELECT count(*) FROM bulk_operation WHERE state IN ('scheduled', 'running')";

pub(crate) async fn run(options: &Options) -> anyhow::Result<Outcome> {
    let (closing, kills) = (options.count(2_000, 20_000), options.count(8, 40));
    let (rejected, imported) = (closing / 2, closing / 2);
    let database = TestDatabase::create(options.db);
    let processes = Processes::new(database.url(), Mail::Captured)?;
    let mut running = start(options.db, &processes).await?;
    let organisation = Organisation::set_up(&processes).await?;
    let people = People { organisation: &organisation, repeated: AtomicUsize::new(0) };
    let mut jobs = [organisation.job.to_string(), String::new(), String::new()];
    for job in jobs.iter_mut().skip(1) {
        let new = json!({ "board_id": organisation.board, "title": "Nurse", "owner": "owner@example.com" });
        let (status, made) = answer(organisation.post("jobs", &new)).await?;
        ensure!(status == StatusCode::CREATED, "a job could not be made: {status} {made}");
        *job = made["id"].as_str().context("a job has an id")?.to_owned();
    }
    let [to_close, to_reject, to_import] = &jobs;
    // Everybody was acknowledged by the other system, so that their outcome is all that they are told.
    people.import(&rows(to_close, "closing", closing, "active"), PART).await?;
    people.import(&rows(to_reject, "rejecting", rejected, "active"), PART).await?;
    let mut holder = row(to_close, "holder", 0, "active");
    holder["stage"] = json!("offer");
    people.import(&[holder], PART).await?;

    let close = json!({ "words": "The position was filled." });
    let (closed_promise, confirmation) = people.look(&format!("jobs/{to_close}/close/dry-run?limit=1"), &close).await?;
    let close = with(&close, &confirmation);
    let reject = json!({ "kind": "reject", "reason": "another_candidate_preferred", "filter": { "job_id": to_reject } });
    let (rejected_promise, confirmation) = people.look("operations/dry-run?limit=1", &reject).await?;
    let reject = with(&reject, &confirmation);
    let ended = rows(to_import, "importing", imported, "rejected");
    let imported_promise = people.promised(&ended).await?;
    let expected = closed_promise + rejected_promise + imported_promise;
    let mut outcome = Outcome::default();
    outcome.expect(expected == closing + rejected + imported, || format!("the dry runs promise {expected} messages"));

    let tables = Tables::new(options.db, database.url());
    let random = Random::from_seed(options.seed);
    let began = Instant::now();
    let path = format!("jobs/{to_close}/close");
    let work = async {
        tokio::try_join!(
            people.asked(&path, &close, "close"),
            people.asked("operations", &reject, "reject"),
            people.import(&ended, SMALL_PART)
        )?;
        anyhow::Ok(began.elapsed())
    };
    let (answered_after, in_time) = tokio::try_join!(work, kill(&mut running, &processes, &tables, &random, kills, expected))?;
    at_rest(&tables, expected).await?;
    let rested = began.elapsed();
    end(&mut running).await?;

    outcome.answered = closing + rejected + imported;
    outcome.findings = processes.audit().await?;
    let number = async |query: &str| Ok::<_, anyhow::Error>(usize::try_from(tables.number(query).await?)?);
    outcome.lost = expected.saturating_sub(number(TOLD).await?);
    for (what, wanted, query) in [
        ("final messages are on record", expected, OWED),
        ("applications are rejected", expected, "SELECT count(*) FROM application WHERE status = 'rejected' AND shown_status = 'rejected'"),
        (
            "people were told another number of times than once",
            0,
            "SELECT count(*) FROM (SELECT a.id FROM application a
            LEFT JOIN notification n ON n.application_id = a.id AND n.kind = 'rejected' WHERE a.status = 'rejected'
            GROUP BY a.id HAVING count(n.id) <> 1) AS odd",
        ),
        (
            "offer holders are as they were",
            1,
            "SELECT count(*) FROM application a WHERE a.status = 'active' AND a.stage = 'offer'
            AND NOT EXISTS (SELECT 1 FROM notification n WHERE n.application_id = a.id AND n.state <> 'cancelled')",
        ),
        ("messages of another kind are owed", 0, "SELECT count(*) FROM notification WHERE kind <> 'rejected' AND state <> 'cancelled'"),
        ("applications are on record", expected + 1, "SELECT count(*) FROM application"),
        ("items were left or failed", 0, "SELECT count(*) FROM bulk_item WHERE state = 'failed'"),
    ] {
        let found = number(query).await?;
        outcome.expect(found == wanted, || format!("{found} {what}, and it should be {wanted}"));
    }
    let mails = number("SELECT count(*) FROM captured_mail").await?;
    let different = number("SELECT count(DISTINCT message_id) FROM captured_mail").await?;
    outcome.duplicates = mails - different;
    outcome.expect(different == expected, || format!("{different} people had mail"));
    let most = IN_DOUBT * kills;
    outcome.expect(outcome.duplicates <= most, || format!("more repeats than {IN_DOUBT} in doubt × {kills} kills: {most}"));
    println!("  closed on {closing} and an offer holder, rejected {rejected}, imported {imported}; {expected} messages promised");
    println!(
        "  {kills} SIGKILLs, {in_time} of them before everybody was told; {} requests repeated",
        people.repeated.load(Ordering::Relaxed)
    );
    println!("  answered after {:.1} s, everybody told after {:.1} s", answered_after.as_secs_f64(), rested.as_secs_f64());
    outcome.expect(people.repeated.load(Ordering::Relaxed) > 0, || "no kill met a request".to_owned());
    outcome.expect(in_time * 2 > kills, || "most of the kills came too late to matter".to_owned());
    Ok(outcome)
}

fn row(job: &str, whose: &str, number: usize, status: &str) -> Value {
    let mut row = json!({
        "external_id": format!("{whose}-{number}"), "job": job, "name": "Ada Okafor", "email": format!("{whose}{number}@example.net"),
        "applied_at": LONG_AGO, "status": status,
    });
    if status == "active" {
        row["told"] = json!({ "said": "update", "channel": "other_mail", "at": LONG_AGO });
    }
    row
}

fn rows(job: &str, whose: &str, number: usize, status: &str) -> Vec<Value> {
    (0..number).map(|at| row(job, whose, at, status)).collect()
}

fn with(body: &Value, confirmation: &str) -> Value {
    let mut body = body.clone();
    body["confirmation"] = json!(confirmation);
    body
}

/// Recruiters, who ask again until they are answered.
struct People<'a> {
    organisation: &'a Organisation,
    repeated: AtomicUsize,
}

impl People<'_> {
    /// How many messages are promised, and the confirmation.
    async fn look(&self, path: &str, body: &Value) -> anyhow::Result<(usize, String)> {
        let looked = self.until_answered(|| async { answer(self.organisation.post(path, body)).await }, &[StatusCode::OK]).await?;
        let summary = &looked["summary"];
        let messages = summary["messages"].as_u64().context("a dry run counts")?;
        Ok((usize::try_from(messages)?, summary["confirmation"].as_str().context("a dry run confirms")?.to_owned()))
    }

    async fn promised(&self, rows: &[Value]) -> anyhow::Result<usize> {
        let mut messages = 0;
        for part in rows.chunks(PART) {
            messages += self.look("imports/dry-run", &json!({ "rows": part })).await?.0;
        }
        Ok(messages)
    }

    /// The same rows again change nothing, so they are sent until they are answered.
    async fn import(&self, rows: &[Value], at_once: usize) -> anyhow::Result<()> {
        for part in rows.chunks(at_once) {
            let body = json!({ "rows": part });
            let body = with(&body, &self.look("imports/dry-run", &body).await?.1);
            let done = self.until_answered(|| async { answer(self.organisation.post("imports", &body)).await }, &[StatusCode::OK]).await?;
            ensure!(done["summary"]["refused"] == 0, "rows were refused: {}", done["summary"]);
        }
        Ok(())
    }

    /// Under one Idempotency-Key: it is carried out once, and an answer that was lost says so (409).
    async fn asked(&self, path: &str, body: &Value, key: &str) -> anyhow::Result<()> {
        let ask = || async { answer(self.organisation.post(path, body).header("Idempotency-Key", key)).await };
        let said = self.until_answered(ask, &[StatusCode::ACCEPTED, StatusCode::CONFLICT]).await?;
        let was_lost = said["type"].as_str().is_some_and(|kind| kind.ends_with("answer_lost"));
        ensure!(said["id"].is_string() || was_lost, "{path} was answered {said}");
        Ok(())
    }

    async fn until_answered<F>(&self, ask: impl Fn() -> F, good: &[StatusCode]) -> anyhow::Result<Value>
    where
        F: Future<Output = anyhow::Result<(StatusCode, Value)>>,
    {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            match ask().await {
                // Whoever was killed with the same key in hand still counts as at work for a while.
                Ok((StatusCode::CONFLICT, said)) if said["type"].as_str().is_some_and(|kind| kind.ends_with("request_in_progress")) => {}
                Ok((status, said)) if good.contains(&status) => return Ok(said),
                Ok((status, said)) if !status.is_server_error() => bail!("it was answered {status}: {said}"),
                Ok(_) | Err(_) => {}
            }
            self.repeated.fetch_add(1, Ordering::Relaxed);
            sleep(TRY_AGAIN_AFTER).await;
        }
        bail!("nobody answered within {PATIENCE:?}")
    }
}

/// The first half at once, while everything is asked for, and then by progress instead of by the clock. How many kills came before
/// everybody was told.
async fn kill(
    running: &mut [Process],
    processes: &Processes,
    tables: &Tables,
    random: &Random,
    kills: usize,
    expected: usize,
) -> anyhow::Result<usize> {
    let mut moments: Vec<usize> = (0..kills).map(|at| if at < kills / 2 { 0 } else { below(random, expected * 8 / 10) }).collect();
    moments.sort_unstable();
    let (mut in_time, began) = (0, Instant::now());
    for moment in moments {
        while usize::try_from(tables.number(TOLD).await?)? < moment {
            ensure!(began.elapsed() < PATIENCE, "not everybody was told within {PATIENCE:?}");
            sleep(Duration::from_millis(10)).await;
        }
        sleep(LONGEST_PEACE.mul_f64(random.fraction())).await;
        in_time += usize::from(usize::try_from(tables.number(TOLD).await?)? < expected);
        let victim = below(random, running.len());
        running[victim].kill_and_restart(processes, Duration::ZERO).await.context("after a SIGKILL")?;
    }
    Ok(in_time)
}

async fn at_rest(tables: &Tables, expected: usize) -> anyhow::Result<()> {
    let (began, expected) = (Instant::now(), i64::try_from(expected)?);
    while (tables.number(TOLD).await? < expected || tables.number(UNDER_WAY).await? > 0) && began.elapsed() < PATIENCE {
        sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}
