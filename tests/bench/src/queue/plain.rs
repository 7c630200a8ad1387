//! The statements of a claim and a settlement, as short as they can be written: no rules, nothing decoded, no fencing.

use std::time::Instant;

use anyhow::ensure;
use futures::future::try_join_all;
use sqlx::{Connection, PgConnection, query, query_as};
use uuid::Uuid;

use super::owed::text;

/// As many as the ledger settles in one transaction.
const BATCH: i64 = 512;

const CLAIM: &str = "UPDATE notification SET state = 'sending', claim_token = $1, wake_at = now() + interval '5 minutes', tries = tries + 1
    WHERE id = ANY(ARRAY(SELECT id FROM notification WHERE state IN ('scheduled', 'sending') AND lane = 0 AND wake_at <= now()
        ORDER BY wake_at, id LIMIT $2 FOR UPDATE SKIP LOCKED))
    RETURNING id, application_id, raw";

const RECIPIENTS: &str = "SELECT a.name, a.email, j.title FROM application a JOIN job j ON j.id = a.job_id WHERE a.id = ANY($1)";

const LOCK: &str = "SELECT status FROM application WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE";

const SENT: &str = "UPDATE notification SET state = 'sent', claim_token = NULL, settled_at = now(), relay = 'bench',
    reply = '250 2.0.0 Ok: taken', subject = v.subject, text_part = v.text, raw = NULL
    FROM unnest($1::uuid[], $2::text[], $3::text[]) AS v (id, subject, text) WHERE notification.id = v.id";

const NEXT_WORD: &str = "UPDATE application SET next_word_kind = 'still_considering', next_word_by = now() + interval '14 days',
    told_at = now(), promised_by = now() + interval '14 days', updated_at = now() WHERE id = ANY($1)";

/// Messages a second.
pub(crate) async fn drain(url: &str, loops: usize, messages: usize) -> anyhow::Result<f64> {
    let connections = try_join_all((0..loops).map(|_| PgConnection::connect(url))).await?;
    let began = Instant::now();
    let tasks = connections.into_iter().map(|connection| tokio::spawn(claim_and_settle(connection)));
    let settled: Vec<usize> = try_join_all(tasks).await?.into_iter().collect::<anyhow::Result<_>>()?;
    let (took, settled) = (began.elapsed(), settled.into_iter().sum::<usize>());
    ensure!(settled == messages, "{settled} of {messages} were settled");
    Ok(messages as f64 / took.as_secs_f64())
}

async fn claim_and_settle(mut connection: PgConnection) -> anyhow::Result<usize> {
    let (text, subject, mut settled) = (text(), "We have your application", 0);
    loop {
        let claimed: Vec<(Uuid, Uuid, Vec<u8>)> = query_as(CLAIM).bind(Uuid::nil()).bind(BATCH).fetch_all(&mut connection).await?;
        if claimed.is_empty() {
            return Ok(settled);
        }
        settled += claimed.len();
        let (ids, applications): (Vec<Uuid>, Vec<Uuid>) = claimed.iter().map(|(id, application, _)| (*id, *application)).unzip();
        query(RECIPIENTS).bind(&applications).fetch_all(&mut connection).await?;
        let mut transaction = connection.begin().await?;
        query(LOCK).bind(&applications).fetch_all(&mut *transaction).await?;
        let (subjects, texts) = (vec![subject; ids.len()], vec![text.as_str(); ids.len()]);
        query(SENT).bind(&ids).bind(subjects).bind(texts).execute(&mut *transaction).await?;
        query(NEXT_WORD).bind(&applications).execute(&mut *transaction).await?;
        transaction.commit().await?;
    }
}
