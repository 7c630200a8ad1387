//! Writes what was decided: how applications stand, what is taken back, what is owed, and what happened.

use chrono::{DateTime, Utc};
use hearback_domain::{
    application::{RejectionReason, Status},
    ids::NotificationId,
    notification::State,
    promise::{Decision, How, Reschedule, Standing},
    staff::Cause,
};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::{Locked, NewEvent, NewNotification, insert_events, insert_notifications};
use crate::{
    Ledger, LedgerError,
    database::Transaction,
    rows::{Cell, Column, Rows, beside},
    staff::{DecisionCause, note_causes},
    standing, trace,
};

/// One application's part of a change.
pub(crate) struct Step<'a> {
    pub(crate) locked: &'a Locked,
    pub(crate) decision: Decision,
    /// A message that leaves the chain with this change.
    pub(crate) settled: Option<NotificationId>,
    pub(crate) event: Option<NewEvent>,
    pub(crate) rejected: Rejected<'a>,
    /// Why a person takes messages back, in their own words.
    pub(crate) words: Option<&'a str>,
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

impl Rejected<'_> {
    /// The same where a decision rejected without being asked to, because its time was over: nobody gave a reason.
    pub(super) fn also_by_itself(self, decided: &Standing, locked: &Locked) -> Self {
        let ended = decided.status == Status::Rejected && locked.facts.standing.status != Status::Rejected;
        match self {
            Self::Unchanged if ended => Self::For { reason: RejectionReason::Unspecified, internal_note: None, exemption: None },
            Self::Unchanged | Self::For { .. } | Self::NoLonger => self,
        }
    }
}

const UPDATE_REJECTION: &str = "UPDATE application SET rejection_reason = v.rejection_reason, internal_note = v.internal_note,
    exemption = v.exemption, version = application.version + 1 FROM v WHERE application.id = v.id";

pub(crate) const CANCEL: &str = "UPDATE notification SET state = 'cancelled', cancel_reason = v.reason, cancel_words = v.words,
    settled_at = v.at, claim_token = NULL
    FROM v WHERE notification.id = v.id AND state || '' IN ('waiting', 'scheduled', 'held')";

const REQUEST_CANCEL: &str = "UPDATE notification SET cancel_requested = true, cancel_reason = v.reason, cancel_words = v.words
    FROM v WHERE notification.id = v.id";

/// A final message that was taken back without a person's words was taken back by another decision, which owes its own.
const EXEMPT: &str = "UPDATE application SET exemption = n.cancel_words, updated_at = v.at, version = application.version + 1
    FROM v, notification n
    WHERE application.id = v.id AND n.id = v.message AND n.cancel_words IS NOT NULL";

/// Only what no worker has. The pause after a try that failed stays.
const RESCHEDULE: &str = "UPDATE notification SET send_after = v.send_after, due_at = v.due_at,
    wake_at = CASE WHEN tries = 0 THEN v.send_after ELSE wake_at END
    FROM v WHERE notification.id = v.id AND state || '' IN ('waiting', 'scheduled')";

/// What was set aside for a person is still, once it is its turn.
const PROMOTE: &str = "UPDATE notification SET state = CASE WHEN hold_reason IS NULL THEN 'scheduled' ELSE 'held' END,
    wake_at = CASE WHEN send_after > v.now THEN send_after ELSE v.now END
    FROM v WHERE notification.id = v.id AND state || '' = 'waiting'";

/// What was written.
pub(crate) struct Written {
    pub(crate) something_due: bool,
    /// The messages that are owed from now on, in the order of the steps.
    pub(crate) owed: Vec<NotificationId>,
}

/// Returns whether something may be due now.
pub(crate) async fn write(
    ledger: &Ledger,
    transaction: &Transaction,
    steps: Vec<Step<'_>>,
    now: DateTime<Utc>,
) -> Result<bool, LedgerError> {
    Ok(write_and_name(ledger, transaction, steps, now).await?.something_due)
}

/// The same for whoever writes more about what is owed.
///
/// A chain has one head at any moment, and a unique index says so: the old one leaves before the next is promoted, in statements of
/// their own.
pub(crate) async fn write_and_name(
    ledger: &Ledger,
    transaction: &Transaction,
    steps: Vec<Step<'_>>,
    now: DateTime<Utc>,
) -> Result<Written, LedgerError> {
    let (mut standings, mut rejections, mut cancels, mut requests) = (vec![], vec![], vec![], vec![]);
    let (mut promotions, mut new, mut events, mut exempts, mut reschedules) = (vec![], vec![], vec![], vec![], vec![]);
    let mut causes = vec![];
    for step in steps {
        let Step { locked, decision, settled, event, rejected, words } = step;
        let Decision { standing, owe, cancel, reschedule, alerts, exempt } = decision;
        let at_once: Vec<NotificationId> = cancel.iter().filter(|cancel| cancel.how == How::AtOnce).map(|cancel| cancel.id).collect();
        let mut cancelled = Vec::with_capacity(cancel.len());
        for cancel in &cancel {
            let row = [cancel.id.uuid().into(), cancel.reason.as_str().to_owned().into(), words.map(str::to_owned).into(), now.into()];
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
        let mut moved = Vec::with_capacity(reschedule.len());
        for Reschedule { id, send_after, due_at } in reschedule {
            reschedules.push([id.uuid().into(), send_after.into(), due_at.into()]);
            moved.push(json!({ "id": id, "send_after": send_after, "due_at": due_at }));
        }
        let mut alerted = Vec::new();
        for alert in &alerts {
            if let Some(cause) = Cause::of_alert(alert) {
                causes.push(DecisionCause { application: locked.id, cause, due_at: alert.due_at });
                alerted.push(json!({ "to": alert.to, "due_at": alert.due_at }));
            }
        }
        exempts.extend(exempt.map(|message| [locked.id.uuid().into(), message.uuid().into(), now.into()]));
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
            owed.push(NewNotification { id: ledger.ids().next(), application: locked.id, owe, state, trace: trace::current() });
        }
        if let Some(event) = event {
            let event = with_list(with_list(with_list(event, "cancelled", cancelled), "rescheduled", moved), "alerted", alerted);
            // An event names one message; a decision that ever owes two is told as two events.
            let mut owed = owed.iter();
            let first = owed.next();
            events.push((ledger.ids().next(), locked.id, owing(event.clone(), first)));
            events.extend(owed.map(|more| (ledger.ids().next(), locked.id, owing(event.clone(), Some(more)))));
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
    let something_due = !promotions.is_empty() || !new.is_empty() || !reschedules.is_empty();
    let reasons = [Column::Uuid("id"), Column::Text("reason"), Column::Text("words"), Column::Time("at")];
    write_standing_rows(transaction, standings).await?;
    let columns = [Column::Uuid("id"), Column::Text("rejection_reason"), Column::Text("internal_note"), Column::Text("exemption")];
    execute(transaction, Rows::new(columns, rejections), UPDATE_REJECTION).await?;
    execute(transaction, Rows::new(reasons, cancels), CANCEL).await?;
    execute(transaction, Rows::new(reasons, requests), REQUEST_CANCEL).await?;
    execute(transaction, Rows::new([Column::Uuid("id"), Column::Uuid("message"), Column::Time("at")], exempts), EXEMPT).await?;
    let columns = [Column::Uuid("id"), Column::Time("send_after"), Column::Time("due_at")];
    execute(transaction, Rows::new(columns, reschedules), RESCHEDULE).await?;
    execute(transaction, Rows::new([Column::Uuid("id"), Column::Time("now")], promotions), PROMOTE).await?;
    let owed = new.iter().map(|new| new.id).collect();
    insert_events(transaction, events, now).await?;
    insert_notifications(transaction, new).await?;
    note_causes(ledger, transaction, causes, now).await?;
    Ok(Written { something_due, owed })
}

/// How applications stand from now on, and nothing else about them.
pub(crate) async fn write_standings(
    transaction: &Transaction,
    standings: Vec<(&Locked, Standing)>,
    now: DateTime<Utc>,
) -> Result<(), LedgerError> {
    write_standing_rows(transaction, standings.into_iter().map(|(locked, standing)| standing_row(locked, standing, now)).collect()).await
}

async fn write_standing_rows(transaction: &Transaction, rows: Vec<[Cell; 20]>) -> Result<(), LedgerError> {
    let update = format!(
        "UPDATE application SET {}, updated_at = v.updated_at, version = application.version + 1 FROM v WHERE application.id = v.id",
        standing::WRITTEN
    );
    execute(transaction, Rows::new(standing_columns(), rows), &update).await
}

pub(crate) async fn execute<const N: usize>(transaction: &Transaction, rows: Rows<N>, statement: &str) -> Result<(), LedgerError> {
    if !rows.is_empty() {
        transaction.execute_raw(rows.statement(transaction.get_database_backend(), statement)).await?;
    }
    Ok(())
}

fn with_list(mut event: NewEvent, name: &str, list: Vec<Value>) -> NewEvent {
    if !list.is_empty()
        && let Some(fields) = event.data.as_object_mut()
    {
        fields.insert(name.to_owned(), list.into());
    }
    event
}

fn owing(event: NewEvent, owed: Option<&NewNotification>) -> NewEvent {
    NewEvent { owes: owed.map(|owed| (owed.id, owed.owed())), ..event }
}

/// The row's own, then how it stands.
fn standing_columns() -> [Column; 20] {
    beside([Column::Uuid("id"), Column::Time("updated_at")], standing::COLUMNS)
}

fn standing_row(locked: &Locked, standing: Standing, now: DateTime<Utc>) -> [Cell; 20] {
    beside([locked.id.uuid().into(), now.into()], standing::cells(standing))
}
