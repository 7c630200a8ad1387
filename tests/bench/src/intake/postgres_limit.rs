//! The four rows of an application as one statement, by PostgreSQL's own bench program: no HTTP, no rules, no batches.

use hearback_domain::ids::JobId;
use hearback_testkit::postgres::Cluster;

use crate::{database::Database, organisation, pgbench};

pub(super) async fn measure(cluster: &Cluster, database: &Database) -> anyhow::Result<f64> {
    let ledger = database.open().await?;
    let job = organisation::job(&ledger).await?;
    drop(ledger);
    pgbench::rate(cluster, &database.url, &script(job)).await
}

/// Ids that sort by time, as ours do (RFC 9562, section 5.7): random ones would spread over the indexes and cost more.
const ID: &str = "encode(overlay(uuid_send(gen_random_uuid()) \
    placing substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6), 'hex')::uuid";

fn script(job: JobId) -> String {
    let job = job.uuid();
    let statement = format!(
        "WITH c AS (
             INSERT INTO candidate (id, address, created_at) VALUES ({ID}, 'ada-' || :r || '@mail.example.net', now())
             ON CONFLICT (address) DO UPDATE SET address = excluded.address RETURNING id, address),
         a AS (
             INSERT INTO application (id, job_id, candidate_id, name, email, locale, time_zone, is_test, received_at, updated_at, stage,
                 status, shown_stage, shown_status, next_word_kind, next_word_by, link_generation)
             SELECT {ID}, '{job}', id, 'Ada Okafor', address, 'en', 'Europe/Berlin', false, now(), now(), 'received', 'active',
                 'received', 'active', 'received', now() + interval '15 minutes', 0 FROM c RETURNING id),
         n AS (
             INSERT INTO notification (id, application_id, kind, state, lane, wake_at, due_at, send_after, tries, maybe_sent,
                 cancel_requested, promised_by)
             SELECT {ID}, id, 'received', 'scheduled', 0, now(), now() + interval '15 minutes', now(), 0, false, false,
                 now() + interval '14 days' FROM a RETURNING id, application_id)
         INSERT INTO event (id, application_id, kind, at, actor_kind, actor_id, data, owes, owed)
         SELECT {ID}, application_id, 'submitted', now(), 'api_key', 'key_06e3kd8n8dzm5a1v8cq5m40000', '{{}}', id,
             '{{\"kind\":\"received\",\"due_at\":\"2026-11-23T09:15:00Z\",\"send_after\":\"2026-11-23T09:00:00Z\"}}' FROM n"
    );
    // A script of pgbench has one statement a line.
    format!("\\set r random(1, 1000000000000)\n{};\n", statement.split_whitespace().collect::<Vec<_>>().join(" "))
}
