//! Applications with all that is on record about them, by a few statements.

use chrono::TimeDelta;
use hearback_domain::{
    clock::{Clock, SystemClock},
    ids::JobId,
};

use crate::{
    claim_scale::fill::{Sql, TEXT, settled_in, take_indexes, unchecked},
    database::Session,
};

/// Of five applications one is still active, and four were rejected and told.
const ACTIVE_OF: usize = 5;

/// Everything told, nothing due for days.
pub(crate) async fn settled(session: &mut Session, job: JobId, applications: usize) -> anyhow::Result<()> {
    fill(session, job, applications, ACTIVE_OF, true).await
}

/// All of them acknowledged and active.
pub(crate) async fn waiting(session: &mut Session, job: JobId, applications: usize) -> anyhow::Result<()> {
    fill(session, job, applications, 1, true).await
}

/// An acknowledgement that is owed to each, and to four of five a rejection behind it.
pub(crate) async fn unsent(session: &mut Session, job: JobId, applications: usize) -> anyhow::Result<()> {
    fill(session, job, applications, ACTIVE_OF, false).await
}

/// Of `active_of` one is active.
async fn fill(session: &mut Session, job: JobId, applications: usize, active_of: usize, told: bool) -> anyhow::Result<()> {
    let kind = session.kind();
    let indexes = take_indexes(session).await?;
    session.execute(unchecked(kind)).await?;
    for statement in rows(Sql(kind), job, applications, active_of, told) {
        session.execute(&statement).await?;
    }
    for index in indexes {
        session.execute(&index).await?;
    }
    for statement in settled_in(kind) {
        session.execute(statement).await?;
    }
    Ok(())
}

fn rows(sql: Sql, job: JobId, applications: usize, active_of: usize, told: bool) -> Vec<String> {
    let job = sql.uuid(&format!("'{}'", job.uuid().simple()));
    let now = SystemClock.now();
    let [then, later] = [now - TimeDelta::days(30), now + TimeDelta::days(10)].map(|time| time.to_rfc3339());
    let people = sql.series(1, applications);
    let id = sql.id("n");
    let [first, second] = [sql.id("(2 * n)"), sql.id("(2 * n + 1)")];
    let active = format!("n % {active_of} = 0");
    let status = format!("CASE WHEN {active} THEN 'active' ELSE 'rejected' END");
    let shown = if told { status.clone() } else { "'active'".to_owned() };
    let word = |word: &str| format!("CASE WHEN {active} THEN '{word}' END");
    let (next, by) = if told { (word("still_considering"), word(&later)) } else { (word("received"), word(&later)) };
    let by = sql.time(&by);
    let owed =
        |kind: &str| format!("'{{\"kind\":\"{kind}\",\"due_at\":\"{later}\",\"send_after\":\"{then}\",\"promised_by\":\"{later}\"}}'");
    let event = |id: &str, kind: &str, owes: &str, which: &str, condition: &str| {
        format!(
            "INSERT INTO event (id, application_id, kind, at, actor_kind, actor_id, data, owes, owed)
             SELECT {id}, {}, '{kind}', '{then}', 'system', 'bench', '{{}}', {owes}, {} FROM {people} {condition}",
            sql.id("n"),
            owed(which)
        )
    };
    let message = |id: &str, kind: &str, open: &str, condition: &str| {
        let columns =
            "id, application_id, kind, state, lane, wake_at, due_at, send_after, tries, maybe_sent, cancel_requested, promised_by";
        let of = sql.id("n");
        if told {
            format!(
                "INSERT INTO notification ({columns}, settled_at, relay, reply, subject, text_part, template_version)
                 SELECT {id}, {of}, '{kind}', 'sent', 0, '{then}', '{then}', '{then}', 1, false, false, '{later}', '{then}', 'bench',
                     '250 2.0.0 Ok: taken', 'We have your application', '{TEXT}', '0123456789ab' FROM {people} {condition}"
            )
        } else {
            format!(
                "INSERT INTO notification ({columns}) SELECT {id}, {of}, '{kind}', '{open}', 0, '{then}', '{later}', '{then}', 0, false,
                     false, '{later}' FROM {people} {condition}"
            )
        }
    };
    let rejected = format!("WHERE NOT ({active})");
    vec![
        format!("INSERT INTO candidate (id, address, created_at) SELECT {id}, 'ada-' || n || '@example.net', '{then}' FROM {people}"),
        format!(
            "INSERT INTO application (id, job_id, candidate_id, name, email, locale, time_zone, is_test, received_at, updated_at, stage,
                 status, shown_stage, shown_status, next_word_kind, next_word_by, next_word_at, link_generation)
             SELECT {id}, {job}, {id}, 'Ada Okafor', 'ada-' || n || '@example.net', 'en', 'Europe/Berlin', false, '{then}', '{then}',
                 'received', {status}, 'received', {shown}, {next}, {by}, {by}, 0 FROM {people}"
        ),
        event(&first, "submitted", &first, "received", ""),
        event(&second, "rejected", &second, "rejected", &rejected),
        message(&first, "received", "scheduled", ""),
        message(&second, "rejected", "waiting", &rejected),
    ]
}
