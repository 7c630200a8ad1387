//! Takes an operation back, application by application: only where nothing else was decided since.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use hearback_domain::{
    actor::Actor,
    application::Stage,
    bulk::ItemState,
    event::EventKind,
    ids::{ApplicationId, OperationId},
    notification::{Kind, State},
    promise::{Facts, Happening, decide},
};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;
use uuid::Uuid;

use super::{What, work::Claimed};
use crate::{
    Ledger, LedgerError,
    change::{Lock, Locked, LockedAll, NewEvent, Rejected, Step, active_again, execute, lock, write},
    database::Transaction,
    rows::{Column, Rows},
};

/// What it did, and how the application stood before.
struct Before {
    stage: Option<Stage>,
    changed_since: bool,
}

const WHAT_IT_DID: &str = "SELECT i.application_id, i.was_stage,
    CASE WHEN EXISTS (SELECT 1 FROM event e WHERE e.application_id = i.application_id AND e.id > i.mark
        AND e.kind IN ('moved', 'rejected', 'unrejected', 'hired', 'withdrawn')) THEN 1 ELSE 0 END AS changed_since
    FROM bulk_item i JOIN v ON v.operation = i.operation_id AND v.application = i.application_id";

const SETTLE: &str = "UPDATE bulk_item SET state = v.state, reason = v.reason, at = v.at FROM v
    WHERE operation_id = v.operation AND application_id = v.application";

/// The next that it changed.
pub(super) async fn next(
    connection: &impl ConnectionTrait,
    operation: OperationId,
    after: Uuid,
    most: usize,
) -> Result<Vec<ApplicationId>, LedgerError> {
    const NEXT: &str = "SELECT application_id FROM bulk_item WHERE operation_id = $1 AND state = 'done' AND application_id > $2
        ORDER BY application_id LIMIT $3";
    let values = [operation.uuid().into(), after.into(), i64::try_from(most).unwrap_or(i64::MAX).into()];
    let rows = connection.query_all_raw(Statement::from_sql_and_values(connection.get_database_backend(), NEXT, values)).await?;
    rows.iter().map(|row| Ok(row.try_get::<Uuid>("", "application_id")?.into())).collect()
}

/// Whether something may be due now.
pub(super) async fn take_back(
    ledger: &Ledger,
    transaction: &Transaction,
    claimed: &Claimed,
    by: &Actor,
    ids: &[ApplicationId],
    now: DateTime<Utc>,
) -> Result<bool, LedgerError> {
    let LockedAll { readable, unreadable } = lock(transaction, ids, Lock::WithMessages).await?;
    let before = what_it_did(transaction, claimed.id, ids).await?;
    let again = match claimed.spec.what {
        What::Reject(_) | What::CloseJob { .. } => active_again(transaction, ids).await?,
        What::Move { .. } => HashMap::new(),
    };
    let kept = |reason: &str| (ItemState::Kept, Some(reason.to_owned()));
    let mut settled: Vec<_> = unreadable.into_keys().map(|id| (id, kept("unreadable"))).collect();
    let mut steps = Vec::with_capacity(ids.len());
    let mut reopened = HashSet::new();
    for (id, locked) in &readable {
        let did = before.get(id);
        if locked.is_erased {
            settled.push((*id, kept("erased")));
            continue;
        }
        if did.is_none_or(|did| did.changed_since) {
            settled.push((*id, kept("changed_since")));
            continue;
        }
        let (happening, event, data, rejected) = match &claimed.spec.what {
            What::Reject(_) | What::CloseJob { .. } => {
                if again.contains_key(id) || !reopened.insert(locked.person_and_job) {
                    settled.push((*id, kept("applied_again")));
                    continue;
                }
                let data = json!({ "operation": claimed.id });
                (Happening::Unrejected, EventKind::Unrejected, data, Rejected::NoLonger)
            }
            What::Move { to, .. } => {
                let Some(stage) = did.and_then(|did| did.stage) else {
                    settled.push((*id, kept("unreadable")));
                    continue;
                };
                let tell = may_know(&locked.facts, *to);
                let data = json!({ "to": stage, "tell": tell, "operation": claimed.id, "undoes": true });
                (Happening::Moved { to: stage, tell }, EventKind::Moved, data, Rejected::Unchanged)
            }
        };
        match decide(&happening, &locked.facts, &ledger.policy_under(&locked.overriding), now) {
            Ok(decision) => {
                let corrects = decision.owe.iter().any(|owe| matches!(owe.kind, Kind::Correction | Kind::StageChanged));
                let reason = (corrects || is_being_sent(locked)).then(|| "correction".to_owned());
                settled.push((*id, (ItemState::Undone, reason)));
                let event = Some(NewEvent::of(event, by, data));
                steps.push(Step { locked, decision, settled: None, event, rejected, words: None });
            }
            Err(_) => settled.push((*id, kept("not_possible"))),
        }
    }
    let something_due = write(ledger, transaction, steps, now).await?;
    let columns =
        [Column::Uuid("operation"), Column::Uuid("application"), Column::Text("state"), Column::Text("reason"), Column::Time("at")];
    let rows = settled.into_iter().map(|(id, (state, reason))| {
        [claimed.id.uuid().into(), id.uuid().into(), state.as_str().to_owned().into(), reason.into(), now.into()]
    });
    execute(transaction, Rows::new(columns, rows), SETTLE).await?;
    Ok(something_due)
}

/// Whether the applicant was told of this stage, or nobody can know.
fn may_know(facts: &Facts, stage: Stage) -> bool {
    let of_stage = |message: &&hearback_domain::promise::Message| message.kind == Kind::StageChanged && message.stage == Some(stage);
    facts.standing.shown_stage == stage
        || facts.messages.iter().filter(of_stage).any(|message| message.maybe_sent || message.state == State::Sending)
}

/// A worker has the rejection: the correction is owed once it was handed over, and not before.
fn is_being_sent(locked: &Locked) -> bool {
    locked.facts.messages.iter().any(|message| message.kind == Kind::Rejected && message.state == State::Sending)
}

async fn what_it_did(
    transaction: &Transaction,
    operation: OperationId,
    ids: &[ApplicationId],
) -> Result<HashMap<ApplicationId, Before>, LedgerError> {
    let columns = [Column::Uuid("operation"), Column::Uuid("application")];
    let rows = Rows::new(columns, ids.iter().map(|id| [operation.uuid().into(), id.uuid().into()]));
    let statement = rows.statement(transaction.get_database_backend(), WHAT_IT_DID);
    let mut before = HashMap::new();
    for row in transaction.query_all_raw(statement).await? {
        let (id, stage): (Uuid, Option<String>) = (row.try_get("", "application_id")?, row.try_get("", "was_stage")?);
        let changed_since = row.try_get::<i32>("", "changed_since")? == 1;
        before.insert(id.into(), Before { stage: stage.and_then(|stage| stage.parse().ok()), changed_since });
    }
    Ok(before)
}
