//! Work that comes round: due rows like any other, so that one process does it at a time, whichever is there.

use chrono::TimeDelta;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    Ledger, LedgerError,
    due::{LANES, Table, Wanted},
    rows::{Cell, Column, Rows},
};

/// What comes round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Periodic {
    /// Applications whose next word has come due.
    NextWord,
    /// Applications of which somebody has to hear that there is no decision.
    Decisions,
    /// What changed since the last time: is everything owed that should be?
    Reconcile,
    /// The same for everything on record, a part at a time.
    Sweep,
    /// Messages that need a person, and mails that tell one.
    TellStaff,
    /// Once a day, who waits.
    Digest,
    /// What is owed after a policy changed.
    Rederive,
    /// Idempotency keys that are too old to be repeated.
    ForgetKeys,
    /// What webhooks have to tell.
    Webhooks,
    /// Whether answers of applicants find their way back.
    ReplyProbe,
    /// Applicants whose data is to be erased.
    Erase,
    /// Applications that are to be kept no longer.
    Retain,
}

/// Work that was claimed and is to be done now.
#[derive(Clone, Debug, PartialEq)]
pub struct DuePeriodic {
    pub what: Periodic,
    id: Uuid,
    token: Uuid,
    progress: Value,
}

/// How far it came, and when it is due again.
pub(crate) struct Done {
    pub(crate) progress: Value,
    pub(crate) again_in: TimeDelta,
}

/// The names of this release: another one's work is left to it.
const PERIODIC: Table = Table {
    name: "periodic",
    claimed: "running",
    on_claim: "",
    claimable: "AND name IN ('next_word', 'decisions', 'reconcile', 'sweep', 'tell_staff', 'digest', 'rederive', 'forget_keys', 'webhooks',
        'reply_probe', 'erase', 'retain')",
    returning: "name, progress",
};

/// Far longer than one piece of work takes: each is cut so that it ends soon.
const LEASE: TimeDelta = TimeDelta::minutes(1);

/// After work that failed.
const AFTER_FAILURE: TimeDelta = TimeDelta::seconds(5);

impl Periodic {
    pub const ALL: &'static [Self] = &[
        Self::NextWord,
        Self::Decisions,
        Self::Reconcile,
        Self::Sweep,
        Self::TellStaff,
        Self::Digest,
        Self::Rederive,
        Self::ForgetKeys,
        Self::Webhooks,
        Self::ReplyProbe,
        Self::Erase,
        Self::Retain,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NextWord => "next_word",
            Self::Decisions => "decisions",
            Self::Reconcile => "reconcile",
            Self::Sweep => "sweep",
            Self::TellStaff => "tell_staff",
            Self::Digest => "digest",
            Self::Rederive => "rederive",
            Self::ForgetKeys => "forget_keys",
            Self::Webhooks => "webhooks",
            Self::ReplyProbe => "reply_probe",
            Self::Erase => "erase",
            Self::Retain => "retain",
        }
    }
}

/// Puts what is not there yet on record, due at once.
pub(crate) async fn prepare(ledger: &Ledger) -> Result<(), LedgerError> {
    const INSERT: &str = "INSERT INTO periodic (id, name, state, lane, wake_at, tries, progress)
        SELECT id, name, 'scheduled', lane, wake_at, 0, '{}' FROM v WHERE name NOT IN (SELECT name FROM periodic)
        ON CONFLICT (name) DO NOTHING";
    let (database, now) = (ledger.database(), ledger.clock().now());
    let known = database.reader().query_all_raw(Statement::from_string(database.backend(), "SELECT name FROM periodic")).await?;
    if known.len() >= Periodic::ALL.len() {
        return Ok(());
    }
    let columns = [Column::Uuid("id"), Column::Text("name"), Column::Int("lane"), Column::Time("wake_at")];
    let rows = Periodic::ALL.iter().map(|what| {
        let id = Uuid::from_bytes(ledger.random().bytes());
        [id.into(), what.as_str().to_owned().into(), Cell::Int(LANES[0].into()), now.into()]
    });
    database.writer().execute_raw(Rows::new(columns, rows).statement(database.backend(), INSERT)).await?;
    Ok(())
}

impl Ledger {
    /// Claims the periodic work that is due.
    pub async fn claim_periodic(&self) -> Result<Vec<DuePeriodic>, LedgerError> {
        let (now, token) = (self.clock().now(), Uuid::from_bytes(self.random().bytes()));
        if !self.is_periodic_due(now).await? {
            return Ok(Vec::new());
        }
        let wanted = Wanted { lane: LANES[0], rows: Periodic::ALL.len() as u64, token, now, lease_until: now + LEASE, after: None };
        let mut due = Vec::new();
        for row in PERIODIC.claim(self.database(), wanted).await? {
            let (name, progress): (String, String) = (row.try_get("", "name")?, row.try_get("", "progress")?);
            let Some(what) = Periodic::ALL.iter().copied().find(|what| what.as_str() == name) else { continue };
            // Progress that cannot be read is begun anew: nothing is lost by looking twice.
            let progress = serde_json::from_str(&progress).unwrap_or_else(|_| json!({}));
            due.push(DuePeriodic { what, id: row.try_get("", "id")?, token, progress });
        }
        Ok(due)
    }

    /// Does it, and notes when it is due again.
    pub async fn run_periodic(&self, due: DuePeriodic) -> Result<(), LedgerError> {
        let done = match due.what {
            Periodic::NextWord => self.tell_due_next_words().await,
            Periodic::Decisions => self.alert_of_due_decisions().await,
            Periodic::Reconcile => self.reconcile_what_changed(&due.progress).await,
            Periodic::Sweep => self.sweep(&due.progress).await,
            Periodic::TellStaff => self.tell_staff(&due.progress).await,
            Periodic::Digest => self.make_digests(&due.progress).await,
            Periodic::Rederive => self.rederive_after_changes().await,
            Periodic::ForgetKeys => self.forget_idempotency_keys().await,
            Periodic::Webhooks => self.derive_webhooks().await,
            Periodic::ReplyProbe => self.probe_reply_path().await,
            Periodic::Erase => self.erase_due().await,
            Periodic::Retain => self.retain(&due.progress).await,
        };
        match done {
            Ok(Done { progress, again_in }) => self.periodic_done(&due, &progress, again_in).await,
            Err(error) => {
                // If this cannot be written either, the end of the lease brings it back.
                let _ = self.periodic_done(&due, &due.progress, AFTER_FAILURE).await;
                Err(error)
            }
        }
    }

    /// A read first: most of the time nothing is due, and a claim would take the write lock of SQLite.
    async fn is_periodic_due(&self, now: chrono::DateTime<chrono::Utc>) -> Result<bool, LedgerError> {
        const DUE: &str = "SELECT id FROM periodic WHERE state IN ('scheduled', 'running') AND wake_at <= $1 LIMIT 1";
        let database = self.database();
        let row = database.reader().query_one_raw(Statement::from_sql_and_values(database.backend(), DUE, [now.into()])).await?;
        Ok(row.is_some())
    }

    async fn periodic_done(&self, due: &DuePeriodic, progress: &Value, again_in: TimeDelta) -> Result<(), LedgerError> {
        const UPDATE: &str =
            "UPDATE periodic SET state = 'scheduled', wake_at = v.wake_at, claim_token = NULL, tries = 0, progress = v.progress
            FROM v WHERE periodic.id = v.id AND claim_token = v.token";
        let database = self.database();
        let columns = [Column::Uuid("id"), Column::Uuid("token"), Column::Time("wake_at"), Column::Text("progress")];
        let row = [due.id.into(), due.token.into(), (self.clock().now() + again_in).into(), progress.to_string().into()];
        database.writer().execute_raw(Rows::new(columns, [row]).statement(database.backend(), UPDATE)).await?;
        Ok(())
    }

    async fn forget_idempotency_keys(&self) -> Result<Done, LedgerError> {
        /// For how long a request can be repeated.
        const KEPT: TimeDelta = TimeDelta::hours(24);
        const EVERY: TimeDelta = TimeDelta::hours(1);
        /// At once, so that nobody waits for the writer for long.
        const MOST: i64 = 5_000;
        const TABLES: [&str; 2] = ["idempotency_key", "repeatable"];
        let database = self.database();
        let mut again_in = EVERY;
        for table in TABLES {
            let delete = format!(
                "DELETE FROM {table} WHERE (api_key_id, idempotency_key) IN
                (SELECT api_key_id, idempotency_key FROM {table} WHERE created_at < $1 ORDER BY created_at LIMIT $2)"
            );
            let values = [(self.clock().now() - KEPT).into(), MOST.into()];
            let deleted = database.writer().execute_raw(Statement::from_sql_and_values(database.backend(), delete, values)).await?;
            if deleted.rows_affected() as i64 == MOST {
                again_in = TimeDelta::seconds(1);
            }
        }
        Ok(Done { progress: json!({}), again_in })
    }
}

#[cfg(test)]
mod tests {
    use hearback_testkit::{database::DatabaseKind, on_both_databases};

    use super::*;
    use crate::{
        ApiKeyKind, Idempotency, NewApiKey, Submission,
        opened::{open, submission},
    };

    on_both_databases! {
        async fn work_that_comes_round_is_done_by_one_process_and_again_later(kind: DatabaseKind) {
            let opened = open(kind).await;
            let first = opened.ledger.claim_periodic().await.unwrap();
            assert_eq!(first.len(), Periodic::ALL.len());
            assert!(opened.ledger.claim_periodic().await.unwrap().is_empty());
            for due in first {
                opened.ledger.run_periodic(due).await.unwrap();
            }
            assert!(opened.ledger.claim_periodic().await.unwrap().is_empty());
            opened.clock.advance(TimeDelta::hours(1));
            assert_eq!(opened.ledger.claim_periodic().await.unwrap().len(), Periodic::ALL.len());
        }

        async fn work_of_a_process_that_died_comes_back_with_its_lease(kind: DatabaseKind) {
            let opened = open(kind).await;
            assert_eq!(opened.ledger.claim_periodic().await.unwrap().len(), Periodic::ALL.len());
            opened.clock.advance(LEASE + TimeDelta::seconds(1));
            assert_eq!(opened.ledger.claim_periodic().await.unwrap().len(), Periodic::ALL.len());
        }

        async fn an_idempotency_key_is_forgotten_after_a_day_and_not_before(kind: DatabaseKind) {
            let opened = open(kind).await;
            let job = opened.job().await;
            let new = NewApiKey { kind: ApiKeyKind::Publishable, is_test: false, board: None, name: "site".to_owned() };
            let (api_key, _) = opened.ledger.create_api_key(new).await.unwrap();
            let submit = || {
                let idempotency = Some(Idempotency { api_key, key: "a".to_owned(), fingerprint: [7; 32] });
                opened.ledger.submit(Submission { idempotency, ..submission(job, "ada@example.net") })
            };
            let first = submit().await.unwrap();
            opened.clock.advance(TimeDelta::hours(23));
            opened.ledger.forget_idempotency_keys().await.unwrap();
            assert_eq!(submit().await.unwrap().application, first.application);
            opened.clock.advance(TimeDelta::hours(2));
            opened.ledger.forget_idempotency_keys().await.unwrap();
            assert_ne!(submit().await.unwrap().application, first.application);
        }
    }
}
