//! Writes what was decided: how applications stand, what is taken back, what is owed, and what happened.

use chrono::{DateTime, Utc};
use hearback_domain::{
    application::RejectionReason,
    ids::NotificationId,
    notification::State,
    promise::{Decision, How, Standing},
};
use sea_orm::{ConnectionTrait, DatabaseTransaction};
use serde_json::{Value, json};

use super::{Locked, NewEvent, NewNotification, insert_events, insert_notifications};
use crate::{
    Ledger, LedgerError,
    rows::{Cell, Column, Rows},
};

/// One application's part of a change.
pub(crate) struct Step<'a> {
    pub(crate) locked: &'a Locked,
    pub(crate) decision: Decision,
    /// A message that leaves the chain with this change.
    pub(crate) settled: Option<NotificationId>,
    pub(crate) event: Option<NewEvent>,
    pub(crate) rejected: Rejected<'a>,
}

/// What the record says about the rejection.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rejected<'a> {
    /// As before.
    Unchanged,
    For {
        reason: RejectionReason,
        internal_note: Option<&'a str>,
        exemption: Option<&'a str>,
    },
    /// It was taken back.
    NoLonger,
}

const UPDATE_STANDING: &str = "UPDATE application SET stage = v.stage, status = v.status, shown_stage = v.shown_stage,
    shown_status = v.shown_status, next_word_kind = v.next_word_kind, next_word_by = v.next_word_by, told_at = v.told_at,
    promised_by = v.promised_by, updated_at = v.updated_at
    FROM v WHERE application.id = v.id";

const UPDATE_REJECTION: &str = "UPDATE application SET rejection_reason = v.rejection_reason, internal_note = v.internal_note,
    exemption = v.exemption FROM v WHERE application.id = v.id";

const CANCEL: &str = "UPDATE notification SET state = 'cancelled', cancel_reason = v.reason, settled_at = v.at, claim_token = NULL
    FROM v WHERE notification.id = v.id AND state IN ('waiting', 'scheduled', 'held')";

const REQUEST_CANCEL: &str =
    "UPDATE notification SET cancel_requested = true, cancel_reason = v.reason FROM v WHERE notification.id = v.id";

/// What was set aside for a person is still, once it is its turn.
const PROMOTE: &str = "UPDATE notification SET state = CASE WHEN hold_reason IS NULL THEN 'scheduled' ELSE 'held' END,
    wake_at = CASE WHEN send_after > v.now THEN send_after ELSE v.now END
    FROM v WHERE notification.id = v.id AND state = 'waiting'";

/// Returns whether something may be due now.
///
/// A chain has one head at any moment, and a unique index says so: the old one leaves before the next is promoted, in statements of
/// their own.
pub(crate) async fn write(
    ledger: &Ledger,
    transaction: &DatabaseTransaction,
    steps: Vec<Step<'_>>,
    now: DateTime<Utc>,
) -> Result<bool, LedgerError> {
    let (mut standings, mut rejections, mut cancels, mut requests) = (vec![], vec![], vec![], vec![]);
    let (mut promotions, mut new, mut events) = (vec![], vec![], vec![]);
    for step in steps {
        let Step { locked, decision, settled, event, rejected } = step;
        let Decision { standing, owe, cancel, reschedule: _, alerts: _ } = decision;
        let at_once: Vec<NotificationId> = cancel.iter().filter(|cancel| cancel.how == How::AtOnce).map(|cancel| cancel.id).collect();
        let mut cancelled = Vec::with_capacity(cancel.len());
        for cancel in &cancel {
            let row = [cancel.id.uuid().into(), cancel.reason.as_str().to_owned().into(), now.into()];
            let how = match cancel.how {
                How::AtOnce => {
                    cancels.push(row);
                    "at_once"
                }
                How::Requested => {
                    requests.push(row);
                    "requested"
                }
            };
            cancelled.push(json!({ "id": cancel.id, "reason": cancel.reason, "how": how }));
        }
        let gone = |id: &NotificationId| settled == Some(*id) || at_once.contains(id);
        let left: Vec<_> = locked.chain().into_iter().filter(|(id, _)| !gone(id)).collect();
        let mut has_head = left.iter().any(|(_, state)| *state != State::Waiting);
        if !has_head && let Some((next, _)) = left.first() {
            promotions.push([Cell::Uuid(next.uuid()), now.into()]);
            has_head = true;
        }
        let mut owed = Vec::with_capacity(owe.len());
        for owe in owe {
            let state = match (has_head, owe.hold) {
                (true, _) => State::Waiting,
                (false, Some(_)) => State::Held,
                (false, None) => State::Scheduled,
            };
            has_head = true;
            owed.push(NewNotification { id: ledger.ids().next(), application: locked.id, owe, state });
        }
        if let Some(event) = event {
            let with_cancels = with_cancels(event, cancelled);
            // An event names one message; a decision that ever owes two is told as two events.
            let mut owed = owed.iter();
            let first = owed.next();
            events.push((ledger.ids().next(), locked.id, owing(with_cancels.clone(), first)));
            events.extend(owed.map(|more| (ledger.ids().next(), locked.id, owing(with_cancels.clone(), Some(more)))));
        }
        new.extend(owed);
        if standing != locked.facts.standing {
            standings.push(standing_row(locked, standing, now));
        }
        match rejected {
            Rejected::Unchanged => {}
            Rejected::For { reason, internal_note, exemption } => rejections.push([
                locked.id.uuid().into(),
                reason.as_str().to_owned().into(),
                internal_note.map(str::to_owned).into(),
                exemption.map(str::to_owned).into(),
            ]),
            Rejected::NoLonger => rejections.push([locked.id.uuid().into(), Cell::Null, Cell::Null, Cell::Null]),
        }
    }
    let something_due = !promotions.is_empty() || !new.is_empty();
    let reasons = [Column::Uuid("id"), Column::Text("reason"), Column::Time("at")];
    execute(transaction, Rows::new(standing_columns(), standings), UPDATE_STANDING).await?;
    let columns = [Column::Uuid("id"), Column::Text("rejection_reason"), Column::Text("internal_note"), Column::Text("exemption")];
    execute(transaction, Rows::new(columns, rejections), UPDATE_REJECTION).await?;
    execute(transaction, Rows::new(reasons, cancels), CANCEL).await?;
    execute(transaction, Rows::new(reasons, requests), REQUEST_CANCEL).await?;
    execute(transaction, Rows::new([Column::Uuid("id"), Column::Time("now")], promotions), PROMOTE).await?;
    insert_events(transaction, events, now).await?;
    insert_notifications(transaction, new).await?;
    Ok(something_due)
}

pub(crate) async fn execute<const N: usize>(transaction: &DatabaseTransaction, rows: Rows<N>, statement: &str) -> Result<(), LedgerError> {
    if !rows.is_empty() {
        transaction.execute_raw(rows.statement(transaction.get_database_backend(), statement)).await?;
    }
    Ok(())
}

fn with_cancels(mut event: NewEvent, cancelled: Vec<Value>) -> NewEvent {
    if !cancelled.is_empty()
        && let Some(fields) = event.data.as_object_mut()
    {
        fields.insert("cancelled".to_owned(), cancelled.into());
    }
    event
}

fn owing(event: NewEvent, owed: Option<&NewNotification>) -> NewEvent {
    NewEvent { owes: owed.map(|owed| (owed.id, owed.owed())), ..event }
}

const fn standing_columns() -> [Column; 10] {
    [
        Column::Uuid("id"),
        Column::Text("stage"),
        Column::Text("status"),
        Column::Text("shown_stage"),
        Column::Text("shown_status"),
        Column::Text("next_word_kind"),
        Column::Time("next_word_by"),
        Column::Time("told_at"),
        Column::Time("promised_by"),
        Column::Time("updated_at"),
    ]
}

fn standing_row(locked: &Locked, standing: Standing, now: DateTime<Utc>) -> [Cell; 10] {
    let Standing { stage, status, shown_stage, shown_status, next_word, told_at, promised_by, .. } = standing;
    [
        locked.id.uuid().into(),
        stage.as_str().to_owned().into(),
        status.as_str().to_owned().into(),
        shown_stage.as_str().to_owned().into(),
        shown_status.as_str().to_owned().into(),
        next_word.map(|word| word.kind.as_str().to_owned()).into(),
        next_word.map(|word| word.by).into(),
        told_at.into(),
        promised_by.into(),
        now.into(),
    ]
}
