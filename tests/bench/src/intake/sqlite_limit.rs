//! The four rows of an application by statements alone, on one connection, as durable as ours: no HTTP, no rules.

use std::time::{Duration, Instant};

use hearback_domain::{
    clock::{Clock, SystemClock},
    ids::JobId,
};
use sqlx::{AssertSqlSafe, Connection, SqliteConnection, query};
use uuid::Uuid;

use crate::{database::Server, organisation};

const MEASURED: Duration = Duration::from_secs(4);

/// Applications a second, so many a transaction.
pub(super) async fn measure(server: &Server, together: usize) -> anyhow::Result<f64> {
    let database = server.create("plain")?;
    let ledger = database.open().await?;
    let job = organisation::job(&ledger).await?;
    drop(ledger);
    let mut connection = SqliteConnection::connect(&database.url).await?;
    query("PRAGMA synchronous = FULL").execute(&mut connection).await?;
    let statements = statements(job);
    let (began, mut written) = (Instant::now(), 0);
    while began.elapsed() < MEASURED {
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        let rows = rows(written, together);
        for statement in &statements {
            query(AssertSqlSafe(statement.clone())).bind(&rows).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        written += together;
    }
    Ok(written as f64 / began.elapsed().as_secs_f64())
}

/// A JSON array of four ids and an address for each application. The ids sort, as ours do.
fn rows(from: usize, count: usize) -> String {
    let row = |number: usize| {
        let id = |table: u128| Uuid::from_u128(((number as u128) << 64) + table).simple();
        format!(r#"["{}","{}","{}","{}","ada-{number}@mail.example.net"]"#, id(1), id(2), id(3), id(4))
    };
    format!("[{}]", (from..from + count).map(row).collect::<Vec<_>>().join(","))
}

fn statements(job: JobId) -> [String; 4] {
    let (job, now) = (job.uuid().simple(), SystemClock.now().to_rfc3339());
    [
        format!("INSERT INTO candidate (id, address, created_at) SELECT unhex(value->>0), value->>4, '{now}' FROM json_each($1)"),
        format!(
            "INSERT INTO application (id, job_id, candidate_id, name, email, locale, time_zone, is_test, received_at, updated_at, stage,
                 status, shown_stage, shown_status, next_word_kind, next_word_by, link_generation)
             SELECT unhex(value->>1), X'{job}', unhex(value->>0), 'Ada Okafor', value->>4, 'en', 'Europe/Berlin', 0, '{now}', '{now}',
                 'received', 'active', 'received', 'active', 'received', '{now}', 0 FROM json_each($1)"
        ),
        format!(
            "INSERT INTO event (id, application_id, kind, at, actor_kind, actor_id, data, owes, owed)
             SELECT unhex(value->>2), unhex(value->>1), 'submitted', '{now}', 'api_key', 'key_06e3kd8n8dzm5a1v8cq5m40000', '{{}}',
                 unhex(value->>3), '{{\"kind\":\"received\",\"due_at\":\"{now}\",\"send_after\":\"{now}\"}}' FROM json_each($1)"
        ),
        format!(
            "INSERT INTO notification (id, application_id, kind, state, lane, wake_at, due_at, send_after, tries, maybe_sent,
                 cancel_requested, promised_by)
             SELECT unhex(value->>3), unhex(value->>1), 'received', 'scheduled', 0, '{now}', '{now}', '{now}', 0, 0, 0, '{now}'
             FROM json_each($1)"
        ),
    ]
}
