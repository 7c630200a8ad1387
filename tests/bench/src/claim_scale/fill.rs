//! Years of messages, by a few statements. Their tables keep every constraint and index that they have; only events are left out, which
//! neither a claim nor a settlement looks at.

use anyhow::ensure;
use chrono::TimeDelta;
use hearback_domain::{
    clock::{Clock, SystemClock},
    ids::JobId,
};
use hearback_testkit::database::DatabaseKind;

use crate::database::Session;

/// What was told with each: an acknowledgement, and then holding notes.
const MESSAGES_EACH: usize = 5;

pub(crate) const TEXT: &str =
    "Thank you for applying. You will hear from us by Monday, 7 December 2026, even if we have no decision by then.";

/// `settled` messages in the past, and `due` acknowledgements that are owed now, the oldest for as many milliseconds.
pub(super) async fn fill(session: &mut Session, job: JobId, settled: usize, due: usize) -> anyhow::Result<()> {
    let kind = session.kind();
    let past = settled / MESSAGES_EACH;
    let indexes = take_indexes(session).await?;
    session.execute(unchecked(kind)).await?;
    for statement in rows(kind, job, settled, past, due) {
        session.execute(&statement).await?;
    }
    for index in indexes {
        session.execute(&index).await?;
    }
    for statement in settled_in(kind) {
        session.execute(statement).await?;
    }
    let owed = session.number("SELECT count(*) FROM notification WHERE state = 'scheduled'").await?;
    let told = session.number("SELECT count(*) FROM notification WHERE state = 'sent'").await?;
    ensure!((told, owed) == (settled as i64, due as i64), "{told} messages are settled and {owed} due");
    Ok(())
}

/// Drops the indexes that are no constraints, and returns the statements that make them again: a third of the time.
pub(crate) async fn take_indexes(session: &mut Session) -> anyhow::Result<Vec<String>> {
    const OURS: &str = "('candidate', 'application', 'notification', 'event')";
    let (names, definitions) = match session.kind() {
        DatabaseKind::Sqlite => {
            let from = format!("FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN {OURS} ORDER BY name");
            (format!("SELECT name {from}"), format!("SELECT sql {from}"))
        }
        DatabaseKind::Postgres => {
            let from = format!(
                "FROM pg_indexes WHERE schemaname = current_schema() AND tablename IN {OURS}
                 AND indexname NOT IN (SELECT conname FROM pg_constraint) ORDER BY indexname"
            );
            (format!("SELECT indexname::text {from}"), format!("SELECT indexdef {from}"))
        }
    };
    let definitions = session.texts(&definitions).await?;
    for name in session.texts(&names).await? {
        session.execute(&format!("DROP INDEX {name}")).await?;
    }
    Ok(definitions)
}

/// References hold by construction, and checking ten million of them takes minutes; what is half made is made anew.
pub(crate) fn unchecked(kind: DatabaseKind) -> &'static str {
    match kind {
        DatabaseKind::Sqlite => "PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF",
        DatabaseKind::Postgres => "SET session_replication_role = replica",
    }
}

/// As a database is that has run for a while. SQLite is not analysed, since nothing does so when Hearback runs on it.
pub(crate) fn settled_in(kind: DatabaseKind) -> &'static [&'static str] {
    match kind {
        DatabaseKind::Sqlite => &["PRAGMA wal_checkpoint(TRUNCATE)"],
        DatabaseKind::Postgres => &[
            "VACUUM (ANALYZE) candidate",
            "VACUUM (ANALYZE) application",
            "VACUUM (ANALYZE) notification",
            "VACUUM (ANALYZE) event",
            "CHECKPOINT",
        ],
    }
}

fn rows(kind: DatabaseKind, job: JobId, settled: usize, past: usize, due: usize) -> [String; 5] {
    let sql = Sql(kind);
    let job = sql.uuid(&format!("'{}'", job.uuid().simple()));
    let now = SystemClock.now();
    let [then, later] = [now - TimeDelta::days(90), now + TimeDelta::days(14)].map(|time| format!("'{}'", time.to_rfc3339()));
    // The last one became due a second ago.
    let oldest = now - TimeDelta::milliseconds(due as i64 + 1_000);
    let owed_since = sql.milliseconds_after(oldest.timestamp_millis(), &format!("(n - {past})"));
    let (id, settled_id) = (sql.id("n"), sql.id(&format!("(n - {past} + {settled})")));
    let people = sql.series(1, past + due);
    let applied = |from: usize, to: usize, time: &str, word: &str, by: &str| {
        format!(
            "INSERT INTO application (id, job_id, candidate_id, name, email, locale, time_zone, is_test, received_at, updated_at, stage,
                 status, shown_stage, shown_status, next_word_kind, next_word_by, link_generation)
             SELECT {id}, {job}, {id}, 'Ada Okafor', 'ada-' || n || '@example.net', 'en', 'Europe/Berlin', false, {time}, {time},
                 'received', 'active', 'received', 'active', '{word}', {by}, 0 FROM {}",
            sql.series(from, to)
        )
    };
    let application = sql.id(&format!("(1 + (n - 1) / {MESSAGES_EACH})"));
    [
        format!("INSERT INTO candidate (id, address, created_at) SELECT {id}, 'ada-' || n || '@example.net', {then} FROM {people}"),
        applied(1, past, &then, "still_considering", &later),
        applied(past + 1, past + due, &owed_since, "received", &later),
        format!(
            "INSERT INTO notification (id, application_id, kind, state, lane, wake_at, due_at, send_after, tries, maybe_sent,
                 cancel_requested, settled_at, relay, reply, subject, text_part, template_version)
             SELECT {id}, {application}, CASE WHEN n % {MESSAGES_EACH} = 1 THEN 'received' ELSE 'still_considering' END, 'sent',
                 CASE WHEN n % {MESSAGES_EACH} = 1 THEN 0 ELSE 2 END, {then}, {then}, {then}, 1, false, false, {then}, 'bench',
                 '250 2.0.0 Ok: taken', 'We have your application', '{TEXT}', '0123456789ab' FROM {}",
            sql.series(1, settled)
        ),
        format!(
            "INSERT INTO notification (id, application_id, kind, state, lane, wake_at, due_at, send_after, tries, maybe_sent,
                 cancel_requested, promised_by)
             SELECT {settled_id}, {id}, 'received', 'scheduled', 0, {owed_since}, {later}, {owed_since}, 0, false, false, {later} FROM {}",
            sql.series(past + 1, past + due)
        ),
    ]
}

/// The same in both dialects.
#[derive(Clone, Copy)]
pub(crate) struct Sql(pub(crate) DatabaseKind);

impl Sql {
    /// `n` from one number to another, both included.
    pub(crate) fn series(self, from: usize, to: usize) -> String {
        match self.0 {
            DatabaseKind::Sqlite => {
                format!("(WITH RECURSIVE s(n) AS (SELECT {from} UNION ALL SELECT n + 1 FROM s WHERE n < {to}) SELECT n FROM s) AS s")
            }
            DatabaseKind::Postgres => format!("generate_series({from}, {to}) AS s(n)"),
        }
    }

    pub(crate) fn uuid(self, hex: &str) -> String {
        match self.0 {
            DatabaseKind::Sqlite => format!("unhex({hex})"),
            DatabaseKind::Postgres => format!("CAST({hex} AS uuid)"),
        }
    }

    /// A UUIDv7 of the past, one millisecond after that of `n - 1`.
    pub(crate) fn id(self, n: &str) -> String {
        const PAST: u64 = 1_700_000_000_000;
        let millis = match self.0 {
            DatabaseKind::Sqlite => format!("printf('%012x', {PAST} + {n})"),
            DatabaseKind::Postgres => format!("lpad(to_hex({PAST} + {n}), 12, '0')"),
        };
        self.uuid(&format!("{millis} || '70008000000000000000'"))
    }

    /// A time that an expression gives as text.
    pub(crate) fn time(self, text: &str) -> String {
        match self.0 {
            DatabaseKind::Sqlite => text.to_owned(),
            DatabaseKind::Postgres => format!("CAST({text} AS timestamptz)"),
        }
    }

    fn milliseconds_after(self, unix_millis: i64, n: &str) -> String {
        match self.0 {
            DatabaseKind::Sqlite => format!("strftime('%Y-%m-%dT%H:%M:%f+00:00', ({unix_millis} + {n}) / 1000.0, 'unixepoch')"),
            DatabaseKind::Postgres => format!("to_timestamp(({unix_millis} + {n}) / 1000.0)"),
        }
    }
}
