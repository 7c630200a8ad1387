//! Whether the promises hold for everything on record.

use chrono::{DateTime, TimeDelta, Utc};
use hearback_domain::ids::{ApplicationId, NotificationId};
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement, Value};
use tokio::task::{JoinError, JoinSet};
use uuid::Uuid;

use crate::{Ledger, LedgerError, Pause, ProbeOutcome, bulk, staff::DecisionCause};

/// A promise of the design, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Promise {
    P1,
    P2,
    P3,
    P4,
    P7,
    P9,
}

/// Something that should not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub promise: Promise,
    /// `None` where it is about all of them.
    pub application: Option<ApplicationId>,
    pub notification: Option<NotificationId>,
    /// What is wrong, for an operator.
    pub what: &'static str,
}

/// As many applications as one read looks at: an audit must not hold a snapshot for long.
const PART: i64 = 20_000;

/// As many parts are looked at side by side.
const READERS: usize = 4;

/// How long after its date a next word may still be on its way into the chain.
const NEXT_WORD_GRACE: TimeDelta = TimeDelta::minutes(15);

/// How long after the end of its lease a message may wait to be claimed again.
const LEASE_GRACE: TimeDelta = TimeDelta::minutes(15);

/// One thing that is looked for everywhere at once, by an index which only holds rows that may be wrong. Its query answers with
/// `application` and `notification`, and has a time as `$1` if it takes one.
struct Check {
    promise: Promise,
    what: &'static str,
    query: &'static str,
    before: Option<TimeDelta>,
    /// Says that workers should have done something: not while they must not.
    of_workers: bool,
}

/// While the outbox is paused no worker may claim, and right after that none had the time to.
pub(crate) fn are_excused(pause: Option<&Pause>, now: DateTime<Utc>) -> bool {
    pause.is_some_and(|pause| pause.resumed.as_ref().is_none_or(|resumed| resumed.at > now - LEASE_GRACE))
}

/// The applications of the part, each with what its messages come to. The range of messages says no more than the join does, and tells
/// PostgreSQL that it need not look at all others: see [`Ledger::of_two_ranges`].
const JUDGED: &str = "SELECT * FROM (SELECT a.id AS application,
        CASE WHEN MAX(CASE WHEN n.kind = 'received' THEN 1 ELSE 0 END) = 0 THEN 1 ELSE 0 END AS unacknowledged,
        CASE WHEN a.status = 'active' AND a.carried_by IS NULL AND (a.next_word_by IS NULL OR (a.next_word_by < $3
            AND MAX(CASE WHEN n.state IN ('waiting', 'scheduled', 'sending', 'held', 'undeliverable', 'bounced') THEN 1 ELSE 0 END) = 0))
            THEN 1 ELSE 0 END AS silent,
        CASE WHEN a.status <> 'active' AND a.exemption IS NULL AND NOT (a.told_otherwise IS NOT NULL AND a.shown_status = a.status)
            AND MAX(CASE WHEN n.kind = a.status AND n.state <> 'cancelled' THEN 1 ELSE 0 END) = 0 THEN 1 ELSE 0 END AS ended_silently,
        CASE WHEN MAX(CASE WHEN n.state = 'waiting' THEN 1 ELSE 0 END) = 1
            AND MAX(CASE WHEN n.state IN ('scheduled', 'sending', 'held') THEN 1 ELSE 0 END) = 0 THEN 1 ELSE 0 END AS stuck,
        CASE WHEN a.status = 'active' AND ((a.shown_status <> 'active' AND MAX(CASE WHEN n.kind = 'correction'
                AND (n.state NOT IN ('sent', 'cancelled') OR n.cancel_reason IN ('by_person', 'told_otherwise')) THEN 1 ELSE 0 END) = 0)
            OR (MAX(CASE WHEN n.kind = 'rejected' AND n.maybe_sent AND n.state IN ('cancelled', 'undeliverable') THEN 1 ELSE 0 END) = 1
                AND MAX(CASE WHEN n.kind = 'correction' THEN 1 ELSE 0 END) = 0)) THEN 1 ELSE 0 END AS misled
        FROM application a LEFT JOIN notification n ON n.application_id = a.id AND n.application_id > $1 AND n.application_id <= $2
        WHERE a.id > $1 AND a.id <= $2 GROUP BY a.id) AS judged
    WHERE unacknowledged + silent + ended_silently + stuck + misled > 0";

/// An event and its message belong to one application. SQLite looks each message up by its id alone, and need not read its row.
const LOST: &str = "SELECT e.application_id AS application, e.owes AS notification FROM event e
    WHERE e.application_id > $1 AND e.application_id <= $2 AND e.owes IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM notification n WHERE n.id = e.owes)";
const LOST_ON_POSTGRES: &str = "SELECT e.application_id AS application, e.owes AS notification FROM event e
    LEFT JOIN (SELECT id FROM notification WHERE application_id > $1 AND application_id <= $2) AS n ON n.id = e.owes
    WHERE e.application_id > $1 AND e.application_id <= $2 AND e.owes IS NOT NULL AND n.id IS NULL";

/// The conditions of indexes stand in the queries as they stand in the indexes: SQLite takes an index only where it finds them. And in no
/// order, for which it would rather read the whole table by its key.
const CHECKS: [Check; 10] = [
    Check {
        promise: Promise::P4,
        what: "counts as sent without a relay's acceptance",
        query: "SELECT n.application_id AS application, n.id AS notification FROM notification n
            WHERE n.state = 'sent' AND (n.settled_at IS NULL OR n.reply IS NULL OR substr(n.reply, 1, 1) <> '2')",
        before: None,
        of_workers: false,
    },
    Check {
        promise: Promise::P4,
        what: "was taken back or set aside without a reason",
        query: "SELECT n.application_id AS application, n.id AS notification FROM notification n
            WHERE (n.state = 'cancelled' AND n.cancel_reason IS NULL) OR (n.state = 'held' AND n.hold_reason IS NULL)",
        before: None,
        of_workers: false,
    },
    Check {
        promise: Promise::P4,
        what: "was given up without a try that says why",
        query: "SELECT n.application_id AS application, n.id AS notification FROM notification n
            WHERE n.state IN ('undeliverable', 'bounced') AND n.state = 'undeliverable'
            AND NOT EXISTS (SELECT 1 FROM try t WHERE t.notification_id = n.id)",
        before: None,
        of_workers: false,
    },
    Check {
        promise: Promise::P4,
        what: "has been with a worker that is gone, and no other has taken it over: is a worker running?",
        query: "SELECT n.application_id AS application, n.id AS notification FROM notification n
            WHERE n.state IN ('scheduled', 'sending') AND n.state = 'sending' AND n.wake_at < $1",
        before: Some(LEASE_GRACE),
        of_workers: true,
    },
    Check {
        promise: Promise::P4,
        what: "a person should be told of it, and nobody has an address that takes mail: set organisation.fallback",
        query:
            "SELECT a.id AS application, n.id AS notification FROM staff_cause c LEFT JOIN notification n ON n.id = c.notification_id
            JOIN application a ON a.id = COALESCE(n.application_id, c.application_id)
            WHERE c.staff_mail_id IS NULL AND c.nobody
            AND (c.cause = 'complained' OR COALESCE(n.state, a.status) NOT IN ('sent', 'cancelled', 'rejected', 'hired', 'withdrawn'))
            AND NOT (c.cause IN ('undeliverable', 'bounced') AND n.state IN ('undeliverable', 'bounced')
                AND EXISTS (SELECT 1 FROM event e WHERE e.application_id = n.application_id
                AND e.kind IN ('told_otherwise', 'address_corrected') AND e.at >= n.settled_at))",
        before: None,
        of_workers: false,
    },
    // By an index which holds only those that are carried.
    Check {
        promise: Promise::P3,
        what: "others carry its promises in a circle, and so nobody does",
        query: "WITH RECURSIVE led(id) AS (
                SELECT f.id FROM application a JOIN application f ON f.id = a.carried_by WHERE a.carried_by IS NOT NULL AND f.carried_by IS NULL
                UNION SELECT a.id FROM led JOIN application a ON a.carried_by = led.id WHERE a.carried_by IS NOT NULL)
            SELECT a.id AS application, CAST(NULL AS uuid) AS notification FROM application a
            WHERE a.carried_by IS NOT NULL AND NOT EXISTS (SELECT 1 FROM led WHERE led.id = a.carried_by)",
        before: None,
        of_workers: false,
    },
    Check {
        promise: Promise::P4,
        what: "a person should have been told of it, and no mail to one is owed: is a worker running?",
        query: "SELECT a.id AS application, n.id AS notification FROM staff_cause c LEFT JOIN notification n ON n.id = c.notification_id
            JOIN application a ON a.id = COALESCE(n.application_id, c.application_id)
            WHERE c.staff_mail_id IS NULL AND NOT c.nobody AND c.at < $1
            AND NOT (c.cause IN ('undeliverable', 'bounced') AND n.state IN ('undeliverable', 'bounced')
                AND EXISTS (SELECT 1 FROM event e WHERE e.application_id = n.application_id
                AND e.kind IN ('told_otherwise', 'address_corrected') AND e.at >= n.settled_at))
            AND NOT EXISTS (SELECT 1 FROM staff_mail m WHERE m.state IN ('scheduled', 'sending'))",
        before: Some(LEASE_GRACE),
        of_workers: true,
    },
    // What was answered meanwhile is nobody's concern.
    Check {
        promise: Promise::P7,
        what: "an applicant wrote, and no mail to a person tells of it: is a worker running?",
        query: "SELECT a.id AS application, m.notification_id AS notification FROM message m JOIN application a ON a.id = m.application_id
            WHERE m.staff_mail_id IS NULL AND m.direction = 'received' AND NOT m.nobody AND a.answer_by IS NOT NULL AND m.at < $1",
        before: Some(LEASE_GRACE),
        of_workers: true,
    },
    Check {
        promise: Promise::P7,
        what: "an applicant wrote, and nobody who could be told has an address that takes mail: set organisation.fallback",
        query: "SELECT a.id AS application, m.notification_id AS notification FROM message m JOIN application a ON a.id = m.application_id
            WHERE m.staff_mail_id IS NULL AND m.direction = 'received' AND m.nobody AND a.answer_by IS NOT NULL",
        before: None,
        of_workers: false,
    },
    Check {
        promise: Promise::P4,
        what: "somebody should have heard by now that there is no decision: is a worker running?",
        query: "SELECT a.id AS application, CAST(NULL AS uuid) AS notification FROM application a
            WHERE a.status = 'active' AND a.carried_by IS NULL AND a.decide_alert_at IS NOT NULL AND a.decide_alert_at < $1",
        before: Some(LEASE_GRACE),
        of_workers: true,
    },
];

/// As many of one kind as an audit names.
const ALERTS: i64 = 1_000;

/// Whoever had a rejection or a merger taken back after the job closed is decided about by a person. Whoever holds an offer too.
const CLOSED: &str = "SELECT a.id AS application, CAST(NULL AS uuid) AS notification FROM application a JOIN job j ON j.id = a.job_id
    WHERE a.id > $1 AND a.id <= $2 AND j.status = 'closed' AND a.status = 'active' AND a.carried_by IS NULL AND a.stage <> 'offer'
    AND COALESCE(j.closed_at, j.updated_at) < $3
    AND NOT EXISTS (SELECT 1 FROM bulk_operation o WHERE o.job_id = j.id AND o.kind = 'close_job' AND o.state IN ('scheduled', 'running'))
    AND NOT EXISTS (SELECT 1 FROM event e WHERE e.application_id = a.id AND e.kind IN ('unrejected', 'unmerged')
        AND e.at > j.closed_at)";

/// Where anything that they wrote has no answer.
const UNANSWERED: &str = "SELECT DISTINCT a.id AS application, CAST(NULL AS uuid) AS notification
    FROM message m JOIN application a ON a.id = m.application_id
    WHERE m.application_id > $1 AND m.application_id <= $2 AND m.direction = 'received' AND a.answer_by IS NULL AND a.erased_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM event e WHERE e.application_id = a.id AND e.kind = 'marked_as_answered' AND e.at >= m.at)
    AND NOT EXISTS (SELECT 1 FROM message s JOIN notification n ON n.id = s.notification_id WHERE s.application_id = a.id
        AND s.direction = 'sent' AND s.answers_until >= m.at AND n.state IN ('sent', 'bounced'))";

const UNLINKED: &str = "SELECT m.application_id AS application, CAST(NULL AS uuid) AS notification FROM message m
    JOIN application a ON a.id = m.application_id WHERE m.application_id > $1 AND m.application_id <= $2
    AND m.direction = 'sent' AND m.notification_id IS NULL AND a.erased_at IS NULL";

/// What an operation was to do next.
const STUCK: &str = "an operation on many applications has come no further than to it: is a worker running?";

/// The owner or the manager of its job.
const FORGOTTEN: &str =
    "somebody was to hear that there is no decision, and no record says that they did: a worker puts that right within an hour";

/// Nobody can tell which answers are lost.
const NO_WAY_BACK: &str =
    "the last mail to our own reply address did not come back, so answers of applicants may not either: `hearback doctor` looks for why";

impl Ledger {
    /// Everything that breaks a promise, in short reads.
    pub async fn audit(&self) -> Result<Vec<Finding>, LedgerError> {
        let now = self.clock().now();
        let pause = self.last_pause().await?;
        let excused = are_excused(pause.as_ref(), now);
        let mut findings = Vec::new();
        for Check { promise, what, query, before, of_workers: _ } in CHECKS.iter().filter(|check| !(check.of_workers && excused)) {
            let values = before.map(|before| Value::from(now - before)).into_iter().collect();
            self.audit_messages(*promise, what, query, values, &mut findings).await?;
        }
        let (mut parts, mut after) = (JoinSet::new(), Uuid::nil());
        while let Some(last) = self.end_of_part(after).await? {
            if parts.len() == READERS
                && let Some(part) = parts.join_next().await
            {
                findings.extend(joined(part)?);
            }
            let (ledger, from) = (self.clone(), after);
            parts.spawn(async move { ledger.audit_part(from, last, now).await });
            after = last;
        }
        while let Some(part) = parts.join_next().await {
            findings.extend(joined(part)?);
        }
        for DecisionCause { application, .. } in self.forgotten_alerts(ALERTS).await? {
            findings.push(Finding { promise: Promise::P4, application: Some(application), notification: None, what: FORGOTTEN });
        }
        for application in bulk::stuck(self.database(), now - LEASE_GRACE).await? {
            findings.push(Finding { promise: Promise::P3, application: Some(application), notification: None, what: STUCK });
        }
        let probe = if self.reply_probing().is_some() { self.last_reply_probe().await? } else { None };
        if probe.is_some_and(|probe| probe.outcome == ProbeOutcome::Lost) {
            findings.push(Finding { promise: Promise::P7, application: None, notification: None, what: NO_WAY_BACK });
        }
        // Whichever part was read first.
        findings.sort_by_key(|finding| (finding.promise, finding.application, finding.notification));
        Ok(findings)
    }

    async fn audit_part(&self, after: Uuid, last: Uuid, now: DateTime<Utc>) -> Result<Vec<Finding>, LedgerError> {
        let mut findings = Vec::new();
        self.audit_standings(after, last, now, &mut findings).await?;
        let what = "an event owes a message that is not on record";
        let query = if self.database().backend() == DbBackend::Sqlite { LOST } else { LOST_ON_POSTGRES };
        let rows = self.of_two_ranges(query, vec![after.into(), last.into()]).await?;
        add_messages(Promise::P4, what, &rows, &mut findings)?;
        let what = "the applicant wrote, has had no answer, and no date is on record by which there is to be one";
        self.audit_messages(Promise::P7, what, UNANSWERED, vec![after.into(), last.into()], &mut findings).await?;
        let what = "a person wrote to the applicant, and no message on record brings it to them";
        self.audit_messages(Promise::P7, what, UNLINKED, vec![after.into(), last.into()], &mut findings).await?;
        let what = "its job is closed, it still waits for an answer, and nothing is about to give one: close the job again, or decide";
        let values = vec![after.into(), last.into(), (now - LEASE_GRACE).into()];
        self.audit_messages(Promise::P3, what, CLOSED, values, &mut findings).await?;
        Ok(findings)
    }

    async fn end_of_part(&self, after: Uuid) -> Result<Option<Uuid>, LedgerError> {
        const END: &str = "SELECT id FROM (SELECT id FROM application WHERE id > $1 ORDER BY id LIMIT $2) AS part ORDER BY id DESC LIMIT 1";
        let database = self.database();
        let row =
            database.reader().query_one_raw(Statement::from_sql_and_values(database.backend(), END, [after.into(), PART.into()])).await?;
        Ok(row.map(|row| row.try_get("", "id")).transpose()?)
    }

    async fn audit_standings(&self, after: Uuid, last: Uuid, now: DateTime<Utc>, findings: &mut Vec<Finding>) -> Result<(), LedgerError> {
        let values = vec![after.into(), last.into(), (now - NEXT_WORD_GRACE).into()];
        for row in self.of_two_ranges(JUDGED, values).await? {
            let application: Uuid = row.try_get("", "application")?;
            let is = |column: &str, value: i32| row.try_get::<i32>("", column).map(|found| found == value);
            for (wrong, promise, what) in [
                (is("unacknowledged", 1)?, Promise::P1, "no acknowledgement is owed or was sent"),
                (is("silent", 1)?, Promise::P2, "its next word has no date, or the date has passed and nothing is on its way"),
                (is("ended_silently", 1)?, Promise::P3, "it ended, and no message says so"),
                (is("stuck", 1)?, Promise::P4, "messages wait behind none, and would never be sent"),
                (
                    is("misled", 1)?,
                    Promise::P9,
                    "the applicant may believe an outcome that was taken back, and nothing is owed that corrects it",
                ),
            ] {
                if wrong {
                    findings.push(Finding { promise, application: Some(application.into()), notification: None, what });
                }
            }
        }
        Ok(())
    }

    async fn audit_messages(
        &self,
        promise: Promise,
        what: &'static str,
        query: &str,
        values: Vec<Value>,
        findings: &mut Vec<Finding>,
    ) -> Result<(), LedgerError> {
        let database = self.database();
        let rows = database.reader().query_all_raw(Statement::from_sql_and_values(database.backend(), query, values)).await?;
        add_messages(promise, what, &rows, findings)
    }

    /// Reads two ranges of the same applications side by side. PostgreSQL takes a range of ids that is narrower than a hundredth of its table
    /// for a single row, and would compare every row of the one with every row of the other: ten million applications would take days.
    async fn of_two_ranges(&self, query: &str, values: Vec<Value>) -> Result<Vec<QueryResult>, LedgerError> {
        let database = self.database();
        let statement = Statement::from_sql_and_values(database.backend(), query, values);
        if database.backend() == DbBackend::Sqlite {
            return Ok(database.reader().query_all_raw(statement).await?);
        }
        let transaction = database.begin().await?;
        transaction.execute_unprepared("SET LOCAL enable_nestloop = off").await?;
        let rows = transaction.query_all_raw(statement).await?;
        transaction.commit().await?;
        Ok(rows)
    }
}

fn add_messages(promise: Promise, what: &'static str, rows: &[QueryResult], findings: &mut Vec<Finding>) -> Result<(), LedgerError> {
    for row in rows {
        let (application, notification): (Uuid, Option<Uuid>) = (row.try_get("", "application")?, row.try_get("", "notification")?);
        let (application, notification) = (Some(application.into()), notification.map(NotificationId::from));
        findings.push(Finding { promise, application, notification, what });
    }
    Ok(())
}

/// Nobody aborts a part, so one that did not end has panicked, and so does whoever asked for it.
fn joined(part: Result<Result<Vec<Finding>, LedgerError>, JoinError>) -> Result<Vec<Finding>, LedgerError> {
    part.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

#[cfg(test)]
mod tests;
