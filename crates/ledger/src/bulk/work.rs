//! Carries an operation out, chunk by chunk.

use chrono::{DateTime, TimeDelta, Utc};
use hearback_domain::{
    actor::Actor,
    bulk::{ItemState, OperationKind},
    event::EventKind,
    ids::{ApplicationId, OperationId},
    promise::{
        CLOSED_FOR,
        bulk::{Gets, verdict},
    },
};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;
use uuid::Uuid;

use super::{CHUNK, OPERATIONS, Spec, What, chosen, control::for_update, read_spec, show::read_actor, undo};
use crate::{
    Ledger, LedgerError, Rejection,
    change::{ATTEMPTS, Lock, LockedAll, NewEvent, Rejected, Step, changes_something, execute, lock, write},
    database::{Database, Transaction},
    due::{LANES, Wanted},
    rows::{Cell, Column, Rows},
};

/// An application whose submission began before the job closed is there this much later, at most.
const LATE: TimeDelta = TimeDelta::seconds(10);

/// A claimed operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueOperation {
    pub id: OperationId,
    token: Uuid,
}

/// As a worker finds it, locked.
pub(super) struct Claimed {
    pub(super) id: OperationId,
    pub(super) spec: Spec,
    pub(super) actor: Actor,
    up_to: Option<Uuid>,
    pub(super) reached: Uuid,
    looked_twice: bool,
    undone_by: Option<Actor>,
}

/// What was noted about one application.
pub(super) struct Noted {
    pub(super) application: ApplicationId,
    pub(super) state: ItemState,
    pub(super) reason: Option<String>,
    pub(super) was_stage: Option<String>,
}

const ADVANCE: &str = "UPDATE bulk_operation SET reached = v.reached, wake_at = v.wake_at FROM v WHERE bulk_operation.id = v.id";

const LOOK_AGAIN: &str = "UPDATE bulk_operation SET state = 'scheduled', claim_token = NULL, reached = NULL, looked_twice = true,
    wake_at = v.at, tries = 0 FROM v WHERE bulk_operation.id = v.id";

const FINISH: &str = "UPDATE bulk_operation SET state = v.state, claim_token = NULL, finished_at = v.at FROM v
    WHERE bulk_operation.id = v.id";

const NOTE: &str = "INSERT INTO bulk_item (operation_id, application_id, state, reason, was_stage, mark, at)
    SELECT operation_id, application_id, state, reason, was_stage, mark, at FROM v WHERE true
    ON CONFLICT (operation_id, application_id) DO NOTHING";

impl Ledger {
    /// Claims one operation that is due.
    pub async fn claim_operation(&self) -> Result<Option<DueOperation>, LedgerError> {
        const DUE: &str = "SELECT id FROM bulk_operation WHERE state IN ('scheduled', 'running') AND lane = 0 AND wake_at <= $1 LIMIT 1";
        let (database, now) = (self.database(), self.now());
        // A read first: most of the time nothing is due, and a claim would take the write lock of SQLite.
        if database.reader().query_one_raw(Statement::from_sql_and_values(database.backend(), DUE, [now.into()])).await?.is_none() {
            return Ok(None);
        }
        let token = Uuid::from_bytes(self.random().bytes());
        let wanted = Wanted { lane: LANES[0], rows: 1, token, now, lease_until: now + self.lease(), after: None };
        let row = OPERATIONS.claim(database, wanted).await?.pop();
        Ok(row.map(|row| row.try_get::<Uuid>("", "id")).transpose()?.map(|id| DueOperation { id: id.into(), token }))
    }

    /// Gives one back that is not to go on here. Another worker goes on at once.
    pub async fn release_operation(&self, due: &DueOperation) -> Result<(), LedgerError> {
        OPERATIONS.release(self.database(), &[(due.id.uuid(), due.token, self.now())]).await
    }

    /// The next chunk, in a transaction. `false` when there is no more to do for this claim.
    pub async fn work_operation(&self, due: &DueOperation) -> Result<bool, LedgerError> {
        match self.chunk(due, CHUNK).await {
            // Somebody in it cannot be written. One by one, only they stay behind.
            Err(LedgerError::Refused(error)) => {
                tracing::error!(operation = %due.id, %error, "a chunk of an operation was refused; going on one by one");
                self.one_by_one(due).await
            }
            other => other,
        }
    }

    async fn one_by_one(&self, due: &DueOperation) -> Result<bool, LedgerError> {
        for _ in 0..CHUNK {
            match self.chunk(due, 1).await {
                Ok(true) => {}
                Err(LedgerError::Refused(error)) => {
                    tracing::error!(operation = %due.id, %error, "an application cannot be changed; it is noted, and the others go on");
                    self.set_next_aside(due).await?;
                }
                ended => return ended,
            }
        }
        Ok(true)
    }

    async fn chunk(&self, due: &DueOperation, most: usize) -> Result<bool, LedgerError> {
        let mut attempt = 1;
        loop {
            match self.try_chunk(due, most).await {
                Err(error) if error.is_lost_race() && attempt < ATTEMPTS => attempt += 1,
                other => return other,
            }
        }
    }

    async fn try_chunk(&self, due: &DueOperation, most: usize) -> Result<bool, LedgerError> {
        let transaction = self.database().begin().await?;
        let Some(claimed) = claimed(&transaction, due).await? else {
            transaction.rollback().await?;
            return Ok(false);
        };
        let now = self.now();
        let ids = next(&transaction, &claimed, most).await?;
        let Some(last) = ids.last() else {
            end(&transaction, &claimed, now).await?;
            transaction.commit().await?;
            return Ok(false);
        };
        let something_due = match &claimed.undone_by {
            None => self.carry_out(&transaction, &claimed, &ids, now).await?,
            Some(by) => undo::take_back(self, &transaction, &claimed, by, &ids, now).await?,
        };
        advance(&transaction, claimed.id, *last, now + self.lease()).await?;
        transaction.commit().await?;
        if something_due {
            self.wake();
        }
        Ok(true)
    }

    async fn carry_out(
        &self,
        transaction: &Transaction,
        claimed: &Claimed,
        ids: &[ApplicationId],
        now: DateTime<Utc>,
    ) -> Result<bool, LedgerError> {
        let Claimed { id, spec, actor, .. } = claimed;
        let LockedAll { readable, unreadable } = lock(transaction, ids, Lock::WithMessages).await?;
        let failed = |(application, reason)| {
            tracing::error!(operation = %id, %application, reason, "an application cannot be read; it is noted, and the others go on");
            Noted { application, state: ItemState::Failed, reason: Some(reason), was_stage: None }
        };
        let mut noted: Vec<Noted> = unreadable.into_iter().map(failed).collect();
        let mut steps = Vec::with_capacity(ids.len());
        let (operation, (kind, data, rejected)) = (spec.operation(), on_record(*id, spec));
        for (application, locked) in &readable {
            let verdict = verdict(&operation, &locked.facts, spec.is_named(*application), &self.policy_under(&locked.overriding), now);
            let silent = match verdict.gets {
                Gets::Message { .. } => None,
                Gets::Nothing(why) => Some(why.as_str().to_owned()),
            };
            let decision = verdict.decision.filter(|decision| changes_something(decision, locked));
            let (state, reason) = match &decision {
                Some(_) => (ItemState::Done, silent),
                // It is as it should be already.
                None => (ItemState::PassedOver, silent.or_else(|| Some("as_it_was".to_owned()))),
            };
            let was_stage = Some(locked.facts.standing.stage.as_str().to_owned());
            noted.push(Noted { application: *application, state, reason, was_stage });
            if let Some(decision) = decision {
                let event = Some(NewEvent::of(kind, actor, data.clone()));
                steps.push(Step { locked, decision, settled: None, event, rejected, words: None });
            }
        }
        let something_due = write(self, transaction, steps, now).await?;
        note(self, transaction, *id, noted, now).await?;
        Ok(something_due)
    }

    /// A smaller chunk than usual.
    #[cfg(test)]
    pub(super) async fn some_of(&self, due: &DueOperation, most: usize) -> bool {
        self.chunk(due, most).await.unwrap()
    }

    /// Notes that the next one cannot be changed, and goes past it.
    async fn set_next_aside(&self, due: &DueOperation) -> Result<(), LedgerError> {
        const KEPT: &str = "UPDATE bulk_item SET state = 'kept', reason = 'refused', at = v.at FROM v
            WHERE operation_id = v.operation AND application_id = v.application";
        let transaction = self.database().begin().await?;
        let Some(claimed) = claimed(&transaction, due).await? else { return Ok(transaction.rollback().await?) };
        let now = self.now();
        if let Some(application) = next(&transaction, &claimed, 1).await?.pop() {
            if claimed.undone_by.is_some() {
                let columns = [Column::Uuid("operation"), Column::Uuid("application"), Column::Time("at")];
                let row = [due.id.uuid().into(), application.uuid().into(), now.into()];
                execute(&transaction, Rows::new(columns, [row]), KEPT).await?;
            } else {
                let failed = Noted { application, state: ItemState::Failed, reason: Some("refused".to_owned()), was_stage: None };
                note(self, &transaction, due.id, vec![failed], now).await?;
            }
            advance(&transaction, due.id, application, now + self.lease()).await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}

/// As each application's history tells it.
fn on_record(id: OperationId, spec: &Spec) -> (EventKind, serde_json::Value, Rejected<'_>) {
    match &spec.what {
        What::Reject(Rejection { reason, internal_note, words: _, send_after: _, exemption }) => {
            let mut data = json!({ "reason": reason, "operation": id });
            if let Some(exemption) = exemption {
                data["exemption"] = json!(exemption);
            }
            let rejected = Rejected::For { reason: *reason, internal_note: internal_note.as_deref(), exemption: exemption.as_deref() };
            (EventKind::Rejected, data, rejected)
        }
        What::CloseJob { words: _ } => {
            let data = json!({ "reason": CLOSED_FOR, "operation": id, "because": "job_closed" });
            (EventKind::Rejected, data, Rejected::For { reason: CLOSED_FOR, internal_note: None, exemption: None })
        }
        What::Move { to, tell } => (EventKind::Moved, json!({ "to": to, "tell": tell, "operation": id }), Rejected::Unchanged),
    }
}

/// Whoever stopped it or took it over has written another token.
async fn claimed(transaction: &Transaction, due: &DueOperation) -> Result<Option<Claimed>, LedgerError> {
    let backend = transaction.get_database_backend();
    let query = format!(
        "SELECT spec, actor, up_to, reached, looked_twice, undone_by FROM bulk_operation
         WHERE id = $1 AND claim_token = $2 AND state = 'running'{}",
        for_update(backend)
    );
    let values = [due.id.uuid().into(), due.token.into()];
    let Some(row) = transaction.query_one_raw(Statement::from_sql_and_values(backend, query, values)).await? else { return Ok(None) };
    let undone_by: Option<String> = row.try_get("", "undone_by")?;
    Ok(Some(Claimed {
        id: due.id,
        spec: read_spec(due.id, &row.try_get::<String>("", "spec")?)?,
        actor: read_actor(&row.try_get::<String>("", "actor")?)?,
        up_to: row.try_get("", "up_to")?,
        reached: row.try_get::<Option<Uuid>>("", "reached")?.unwrap_or_default(),
        looked_twice: row.try_get("", "looked_twice")?,
        undone_by: undone_by.as_deref().map(read_actor).transpose()?,
    }))
}

async fn next(connection: &impl ConnectionTrait, claimed: &Claimed, most: usize) -> Result<Vec<ApplicationId>, LedgerError> {
    let Claimed { id, spec, up_to, reached, undone_by, .. } = claimed;
    if undone_by.is_some() {
        return undo::next(connection, *id, *reached, most).await;
    }
    chosen::next(connection, spec, chosen::From { after: *reached, up_to: *up_to, left_by: Some(*id) }, most).await
}

async fn advance(transaction: &Transaction, id: OperationId, last: ApplicationId, lease_until: DateTime<Utc>) -> Result<(), LedgerError> {
    let columns = [Column::Uuid("id"), Column::Uuid("reached"), Column::Time("wake_at")];
    execute(transaction, Rows::new(columns, [[id.uuid().into(), last.uuid().into(), lease_until.into()]]), ADVANCE).await
}

async fn end(transaction: &Transaction, claimed: &Claimed, now: DateTime<Utc>) -> Result<(), LedgerError> {
    let state = match (&claimed.undone_by, claimed.spec.kind()) {
        (Some(_), _) => "undone",
        (None, OperationKind::CloseJob) if !claimed.looked_twice => {
            let row = [claimed.id.uuid().into(), (now + LATE).into()];
            return execute(transaction, Rows::new([Column::Uuid("id"), Column::Time("at")], [row]), LOOK_AGAIN).await;
        }
        (None, OperationKind::CloseJob | OperationKind::Reject | OperationKind::Move) => "done",
    };
    let row = [claimed.id.uuid().into(), state.to_owned().into(), now.into()];
    let columns = [Column::Uuid("id"), Column::Text("state"), Column::Time("at")];
    execute(transaction, Rows::new(columns, [row]), FINISH).await
}

async fn note(
    ledger: &Ledger,
    transaction: &Transaction,
    operation: OperationId,
    noted: Vec<Noted>,
    now: DateTime<Utc>,
) -> Result<(), LedgerError> {
    let columns = [
        Column::Uuid("operation_id"),
        Column::Uuid("application_id"),
        Column::Text("state"),
        Column::Text("reason"),
        Column::Text("was_stage"),
        Column::Uuid("mark"),
        Column::Time("at"),
    ];
    let mark: Uuid = ledger.ids().next();
    let rows = noted.into_iter().map(|Noted { application, state, reason, was_stage }| {
        [
            operation.uuid().into(),
            application.uuid().into(),
            state.as_str().to_owned().into(),
            reason.into(),
            was_stage.into(),
            Cell::Uuid(mark),
            now.into(),
        ]
    });
    execute(transaction, Rows::new(columns, rows), NOTE).await
}

/// Operations that no worker has taken since `before`, each with the application that is next.
pub(crate) async fn stuck(database: &Database, before: DateTime<Utc>) -> Result<Vec<ApplicationId>, LedgerError> {
    const STUCK: &str = "SELECT id, spec, actor, up_to, reached, looked_twice, undone_by FROM bulk_operation
        WHERE state IN ('scheduled', 'running') AND wake_at < $1 ORDER BY id LIMIT 1000";
    let mut next_ones = Vec::new();
    for row in database.reader().query_all_raw(Statement::from_sql_and_values(database.backend(), STUCK, [before.into()])).await? {
        let id = OperationId::from(row.try_get::<Uuid>("", "id")?);
        let undone_by: Option<String> = row.try_get("", "undone_by")?;
        let claimed = Claimed {
            id,
            spec: read_spec(id, &row.try_get::<String>("", "spec")?)?,
            actor: read_actor(&row.try_get::<String>("", "actor")?)?,
            up_to: row.try_get("", "up_to")?,
            reached: row.try_get::<Option<Uuid>>("", "reached")?.unwrap_or_default(),
            looked_twice: row.try_get("", "looked_twice")?,
            undone_by: undone_by.as_deref().map(read_actor).transpose()?,
        };
        next_ones.extend(next(database.reader(), &claimed, 1).await?);
    }
    Ok(next_ones)
}
