//! Makes applications whole again, each from its own records.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};
use hearback_domain::{
    actor::Actor,
    event::EventKind,
    ids::{ApplicationId, EventId, NotificationId},
    notification::{Kind, State},
    promise::{
        CancelReason, Facts, Owe, Reschedule,
        repair::{final_word, owed_at_last, still_owed},
    },
};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{AT_ONCE, Damage, Repaired};
use crate::{
    Ledger, LedgerError,
    change::{Lock, Locked, LockedAll, NewEvent, NewNotification, execute, insert_events, insert_notifications, lock, read_owed},
    database::Transaction,
    rows::{Cell, Column, Rows},
};

/// What the records of one application say beside how it stands.
#[derive(Default)]
struct Records {
    /// Events whose message is not there, oldest first.
    without_message: Vec<(NotificationId, String)>,
    /// Messages that were taken back.
    taken_back: HashMap<NotificationId, (CancelReason, bool)>,
    /// Messages that a person let go out.
    released: HashSet<NotificationId>,
    /// Messages that go by other times since.
    rescheduled: HashMap<NotificationId, Reschedule>,
    has_acknowledgement: bool,
    /// Kinds of messages that were not taken back.
    told_or_owed: Vec<String>,
    exempt: bool,
}

/// What one application lacks, and what has to be written.
struct Cure {
    application: ApplicationId,
    damage: Vec<Damage>,
    new: Vec<NewNotification>,
    /// Rows that come back only to say that they were taken back: in doubt or not.
    cancelled: Vec<(NewNotification, CancelReason, bool)>,
    events: Vec<NewEvent>,
}

#[derive(FromQueryResult)]
struct EventRow {
    application_id: Uuid,
    data: String,
    owes: Option<Uuid>,
    owed: Option<String>,
    lost: i32,
}

#[derive(FromQueryResult)]
struct KindRow {
    application_id: Uuid,
    kind: String,
    state: String,
}

const EVENTS: &str = "SELECT e.application_id, e.data, e.owes, e.owed,
    CASE WHEN e.owes IS NOT NULL AND NOT EXISTS (SELECT 1 FROM notification n WHERE n.id = e.owes) THEN 1 ELSE 0 END AS lost
    FROM event e WHERE e.application_id IN (SELECT v.id FROM v) ORDER BY e.id";

const KINDS: &str = "SELECT n.application_id, n.kind, n.state FROM notification n WHERE n.application_id IN (SELECT v.id FROM v)";

const EXEMPT: &str = "SELECT a.id FROM application a WHERE a.exemption IS NOT NULL AND a.id IN (SELECT v.id FROM v)";

const SET_STATE: &str = "UPDATE notification SET state = v.state, wake_at = CASE WHEN send_after > v.now THEN send_after ELSE v.now END
    FROM v WHERE notification.id = v.id";

const SET_CANCELLED: &str =
    "UPDATE notification SET state = 'cancelled', cancel_reason = v.reason, maybe_sent = v.maybe_sent, settled_at = v.now
    FROM v WHERE notification.id = v.id";

impl Ledger {
    /// Repairs these applications as far as they need it.
    pub(super) async fn repair(&self, applications: &[ApplicationId]) -> Result<Vec<Repaired>, LedgerError> {
        const ATTEMPTS: usize = 4;
        let mut repaired = Vec::new();
        for chunk in applications.chunks(AT_ONCE) {
            let mut attempt = 1;
            repaired.extend(loop {
                match self.repair_chunk(chunk).await {
                    Err(error) if error.is_lost_race() && attempt < ATTEMPTS => attempt += 1,
                    other => break other?,
                }
            });
        }
        Ok(repaired)
    }

    async fn repair_chunk(&self, chunk: &[ApplicationId]) -> Result<Vec<Repaired>, LedgerError> {
        let transaction = self.database().begin().await?;
        // What cannot be read cannot be repaired; it does not keep others from being.
        let LockedAll { readable: locked, unreadable } = lock(&transaction, chunk, Lock::WithMessages).await?;
        for (application, reason) in &unreadable {
            tracing::error!(%application, reason, "an application cannot be repaired");
        }
        let mut records = records(&transaction, chunk).await?;
        let now = self.clock().now();
        let mut cures = Vec::new();
        for (id, locked) in &locked {
            let cure = self.cure(locked, records.remove(id).unwrap_or_default(), now)?;
            if !cure.damage.is_empty() {
                cures.push((locked, cure));
            }
        }
        let repaired = self.write_cures(&transaction, cures, now).await?;
        transaction.commit().await?;
        for Repaired { application, damage } in &repaired {
            let damage: Vec<&str> = damage.iter().map(|damage| damage.as_str()).collect();
            tracing::warn!(%application, ?damage, "repaired: what was owed is derived again from the records");
        }
        if !repaired.is_empty() {
            self.wake();
        }
        Ok(repaired)
    }

    fn cure(&self, locked: &Locked, records: Records, now: DateTime<Utc>) -> Result<Cure, LedgerError> {
        let Records { without_message, taken_back, released, rescheduled, has_acknowledgement, mut told_or_owed, exempt } = records;
        let standing = &locked.facts.standing;
        let mut cure = Cure { application: locked.id, damage: vec![], new: vec![], cancelled: vec![], events: vec![] };
        let mut acknowledged = has_acknowledgement;
        for (id, owed) in without_message {
            let mut owe = read_owed(&owed)?;
            owe.hold = owe.hold.filter(|_| !released.contains(&id));
            if let Some(moved) = rescheduled.get(&id) {
                (owe.send_after, owe.due_at) = (moved.send_after, moved.due_at);
            }
            let row = NewNotification { id, application: locked.id, owe, state: State::Waiting };
            acknowledged |= row.owe.kind == Kind::Received;
            note(&mut cure.damage, Damage::MessageMissing);
            match (taken_back.get(&id), still_owed(row.owe.kind, row.owe.stage, standing)) {
                (Some((reason, in_doubt)), _) => cure.cancelled.push((row, *reason, *in_doubt)),
                (None, false) => cure.cancelled.push((row, CancelReason::Superseded, false)),
                (None, true) => {
                    told_or_owed.push(row.owe.kind.as_str().to_owned());
                    cure.new.push(row);
                }
            }
        }
        if !acknowledged {
            self.owe_at_last(&mut cure, Damage::AcknowledgementMissing, Kind::Received, &locked.facts, now);
        }
        if let Some(kind) = final_word(standing.status)
            && !exempt
            && !standing.told_by_person()
            && !told_or_owed.iter().any(|told| told == kind.as_str())
        {
            self.owe_at_last(&mut cure, Damage::FinalMessageMissing, kind, &locked.facts, now);
        }
        if waits_behind_none(locked) {
            note(&mut cure.damage, Damage::ChainBroken);
        }
        self.owe_corrections(&mut cure, &locked.facts, now);
        Ok(cure)
    }

    fn owe_at_last(&self, cure: &mut Cure, damage: Damage, kind: Kind, facts: &Facts, now: DateTime<Utc>) {
        note(&mut cure.damage, damage);
        self.owe(cure, owed_at_last(kind, facts, self.policy(), now));
    }

    /// A rejection that was being sent while it was taken back, and whose row is gone: nobody can know any more what became of it (P9).
    fn owe_corrections(&self, cure: &mut Cure, facts: &Facts, now: DateTime<Utc>) {
        let standing = &facts.standing;
        let in_doubt = cure.cancelled.iter().any(|(row, _, in_doubt)| *in_doubt && row.owe.kind == Kind::Rejected);
        if in_doubt && still_owed(Kind::Correction, None, standing) {
            let owe = Owe { stage: Some(standing.shown_stage), ..owed_at_last(Kind::Correction, facts, self.policy(), now) };
            self.owe(cure, owe);
        }
    }

    fn owe(&self, cure: &mut Cure, owe: Owe) {
        let row = NewNotification { id: self.ids().next(), application: cure.application, owe, state: State::Waiting };
        let mut event = NewEvent::of(EventKind::Repaired, &Actor::system("reconcile"), json!({}));
        event.owes = Some((row.id, row.owed()));
        cure.events.push(event);
        cure.new.push(row);
    }

    async fn write_cures(
        &self,
        transaction: &Transaction,
        cures: Vec<(&Locked, Cure)>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Repaired>, LedgerError> {
        let (mut new, mut cancelled, mut events, mut states) = (vec![], vec![], vec![], vec![]);
        let mut repaired = Vec::with_capacity(cures.len());
        for (locked, cure) in cures {
            let Cure { application, damage, new: rows, cancelled: taken_back, events: owing } = cure;
            states.push(heads(locked, &rows));
            new.extend(rows);
            for (row, reason, in_doubt) in taken_back {
                cancelled.push([row.id.uuid().into(), reason.as_str().to_owned().into(), Cell::Bool(in_doubt), now.into()]);
                new.push(row);
            }
            let names: Vec<&str> = damage.iter().map(|damage| damage.as_str()).collect();
            let mut said = owing;
            if said.is_empty() {
                said.push(NewEvent::of(EventKind::Repaired, &Actor::system("reconcile"), json!({})));
            }
            events.extend(said.into_iter().map(|mut event| {
                event.data = json!({ "damage": names });
                (self.ids().next::<EventId>(), application, event)
            }));
            repaired.push(Repaired { application, damage });
        }
        insert_notifications(transaction, new).await?;
        let columns = [Column::Uuid("id"), Column::Text("reason"), Column::Bool("maybe_sent"), Column::Time("now")];
        execute(transaction, Rows::new(columns, cancelled), SET_CANCELLED).await?;
        // The head that gives way leaves before the other is promoted: a unique index allows one.
        let columns = [Column::Uuid("id"), Column::Text("state"), Column::Time("now")];
        let row = |(id, state): (NotificationId, State)| [id.uuid().into(), state.as_str().to_owned().into(), now.into()];
        let (leave, lead): (Vec<_>, Vec<_>) = states.into_iter().flatten().partition(|(_, state)| *state == State::Waiting);
        execute(transaction, Rows::new(columns, leave.into_iter().map(row)), SET_STATE).await?;
        execute(transaction, Rows::new(columns, lead.into_iter().map(row)), SET_STATE).await?;
        insert_events(transaction, events, now).await?;
        Ok(repaired)
    }
}

fn note(damage: &mut Vec<Damage>, one: Damage) {
    if !damage.contains(&one) {
        damage.push(one);
    }
}

fn waits_behind_none(locked: &Locked) -> bool {
    let chain = locked.chain();
    !chain.is_empty() && chain.iter().all(|(_, state)| *state == State::Waiting)
}

/// The chain runs in the order of ids, so a message that comes back may belong before the present head. One that is being sent stays.
fn heads(locked: &Locked, new: &[NewNotification]) -> Vec<(NotificationId, State)> {
    let mut chain: BTreeMap<NotificationId, (State, bool)> =
        new.iter().map(|row| (row.id, (State::Waiting, row.owe.hold.is_some()))).collect();
    chain.extend(locked.chain().into_iter().map(|(id, state)| (id, (state, state == State::Held))));
    if chain.values().any(|(state, _)| *state == State::Sending) {
        return Vec::new();
    }
    let Some((first, (state, is_held))) = chain.pop_first() else { return Vec::new() };
    let mut moves: Vec<_> =
        chain.into_iter().filter(|(_, (state, _))| *state != State::Waiting).map(|(id, _)| (id, State::Waiting)).collect();
    if state == State::Waiting {
        moves.push((first, if is_held { State::Held } else { State::Scheduled }));
    }
    moves
}

async fn records(transaction: &Transaction, chunk: &[ApplicationId]) -> Result<HashMap<ApplicationId, Records>, LedgerError> {
    let backend = transaction.get_database_backend();
    let ids = Rows::new([Column::Uuid("id")], chunk.iter().map(|id| [Cell::Uuid(id.uuid())]));
    let mut records: HashMap<ApplicationId, Records> = HashMap::new();
    for row in transaction.query_all_raw(ids.statement(backend, EVENTS)).await? {
        let EventRow { application_id, data, owes, owed, lost } = EventRow::from_query_result(&row, "")?;
        let records = records.entry(application_id.into()).or_default();
        if let (Some(owes), Some(owed), 1) = (owes, owed, lost) {
            records.without_message.push((owes.into(), owed));
        }
        let data: Value = serde_json::from_str(&data).map_err(|error| LedgerError::unreadable("event", error))?;
        records.released.extend(data["released"].as_str().and_then(|id| id.parse::<NotificationId>().ok()));
        records
            .rescheduled
            .extend(data["rescheduled"].as_array().into_iter().flatten().filter_map(rescheduled).map(|moved| (moved.id, moved)));
        records.taken_back.extend(data["cancelled"].as_array().into_iter().flatten().filter_map(taken_back));
    }
    for row in transaction.query_all_raw(ids.statement(backend, KINDS)).await? {
        let KindRow { application_id, kind, state } = KindRow::from_query_result(&row, "")?;
        let records = records.entry(application_id.into()).or_default();
        records.has_acknowledgement |= kind == Kind::Received.as_str();
        if state != State::Cancelled.as_str() {
            records.told_or_owed.push(kind);
        }
    }
    for row in transaction.query_all_raw(ids.statement(backend, EXEMPT)).await? {
        records.entry(row.try_get::<Uuid>("", "id")?.into()).or_default().exempt = true;
    }
    Ok(records)
}

/// As `change::write` puts it on record: the times that a message goes by since.
fn rescheduled(moved: &Value) -> Option<Reschedule> {
    let time = |key: &str| moved[key].as_str()?.parse().ok();
    Some(Reschedule { id: moved["id"].as_str()?.parse().ok()?, send_after: time("send_after")?, due_at: time("due_at")? })
}

/// As `change::write` puts it on record. Whoever asked for a message back that was being sent cannot know whether it went out.
fn taken_back(cancelled: &Value) -> Option<(NotificationId, (CancelReason, bool))> {
    let id = cancelled["id"].as_str()?.parse().ok()?;
    let reason = cancelled["reason"].as_str()?.parse().ok()?;
    Some((id, (reason, cancelled["how"] == "requested")))
}
