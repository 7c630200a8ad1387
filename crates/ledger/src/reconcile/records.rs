//! What the records say about applications, beside how they stand.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use hearback_domain::{
    ids::{ApplicationId, MessageId, NotificationId},
    notification::{Kind, State},
    promise::{CancelReason, Reschedule},
};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    LedgerError,
    database::Transaction,
    rows::{Cell, Column, Rows},
};

/// What the records of one application say beside how it stands.
#[derive(Default)]
pub(super) struct Records {
    /// Events whose message is not there, oldest first.
    pub(super) without_message: Vec<(NotificationId, Lost)>,
    /// Messages that were taken back.
    pub(super) taken_back: HashMap<NotificationId, (CancelReason, bool)>,
    /// Messages that a person let go out.
    pub(super) released: HashSet<NotificationId>,
    /// Messages that go by other times since.
    pub(super) rescheduled: HashMap<NotificationId, Reschedule>,
    pub(super) has_acknowledgement: bool,
    /// Kinds of messages that were not taken back.
    pub(super) told_or_owed: Vec<String>,
    pub(super) exempt: bool,
    /// Messages that events owe.
    pub(super) owed: HashSet<NotificationId>,
    /// Messages that are being sent, with leases that nobody keeps.
    pub(super) stuck: Vec<NotificationId>,
    /// When the applicant last wrote, if that has no answer and nobody said that it needs none.
    pub(super) unanswered: Option<DateTime<Utc>>,
    /// Which message on record is to bring a person's words, where those do not say so.
    pub(super) unlinked: Vec<(MessageId, NotificationId)>,
    /// What open messages hold beyond what decisions go by: a person's words, and why they wait for a person.
    pub(super) open: HashMap<NotificationId, (Option<String>, Option<String>)>,
}

/// What an event says of a message that is not there.
pub(super) struct Lost {
    pub(super) owed: String,
    pub(super) trace: Option<String>,
}

#[derive(FromQueryResult)]
struct EventRow {
    application_id: Uuid,
    data: String,
    owes: Option<Uuid>,
    owed: Option<String>,
    trace: Option<String>,
    lost: i32,
}

#[derive(FromQueryResult)]
struct KindRow {
    id: Uuid,
    application_id: Uuid,
    kind: String,
    state: String,
    words: Option<String>,
    hold_reason: Option<String>,
}

const EVENTS: &str = "SELECT e.application_id, e.data, e.owes, e.owed, e.trace,
    CASE WHEN e.owes IS NOT NULL AND NOT EXISTS (SELECT 1 FROM notification n WHERE n.id = e.owes) THEN 1 ELSE 0 END AS lost
    FROM event e WHERE e.application_id IN (SELECT v.id FROM v) ORDER BY e.id";

const KINDS: &str = "SELECT n.id, n.application_id, n.kind, n.state, n.words, n.hold_reason, n.wake_at
    FROM notification n WHERE n.application_id IN (SELECT v.id FROM v)";

const UNANSWERED: &str = "SELECT m.application_id, max(m.at) AS at FROM v JOIN message m ON m.application_id = v.id
    WHERE m.direction = 'received'
    AND NOT EXISTS (SELECT 1 FROM event e WHERE e.application_id = m.application_id AND e.kind = 'marked_as_answered' AND e.at >= m.at)
    AND NOT EXISTS (SELECT 1 FROM message s JOIN notification n ON n.id = s.notification_id WHERE s.application_id = m.application_id
        AND s.direction = 'sent' AND s.answers_until >= m.at AND n.state IN ('sent', 'bounced'))
    GROUP BY m.application_id";

const UNLINKED: &str = "SELECT m.id FROM v JOIN message m ON m.application_id = v.id
    WHERE m.direction = 'sent' AND m.notification_id IS NULL";

const EXEMPT: &str = "SELECT a.id FROM application a WHERE a.exemption IS NOT NULL AND a.id IN (SELECT v.id FROM v)";

pub(super) async fn records(
    transaction: &Transaction,
    chunk: &[ApplicationId],
    believable: (DateTime<Utc>, DateTime<Utc>),
) -> Result<HashMap<ApplicationId, Records>, LedgerError> {
    let (earliest, latest) = believable;
    let backend = transaction.get_database_backend();
    let ids = Rows::new([Column::Uuid("id")], chunk.iter().map(|id| [Cell::Uuid(id.uuid())]));
    let mut records: HashMap<ApplicationId, Records> = HashMap::new();
    let unlinked = transaction.query_all_raw(ids.statement(backend, UNLINKED)).await?;
    let unlinked: HashSet<Uuid> = unlinked.iter().map(|row| row.try_get("", "id")).collect::<Result<_, _>>()?;
    for row in transaction.query_all_raw(ids.statement(backend, EVENTS)).await? {
        let EventRow { application_id, data, owes, owed, trace, lost } = EventRow::from_query_result(&row, "")?;
        let records = records.entry(application_id.into()).or_default();
        records.owed.extend(owes.map(NotificationId::from));
        if let (Some(owes), Some(owed), 1) = (owes, owed, lost) {
            records.without_message.push((owes.into(), Lost { owed, trace }));
        }
        let data: Value = serde_json::from_str(&data).map_err(|error| LedgerError::unreadable("event", error))?;
        if let (Some(message), Some(owes)) = (data["message"].as_str().and_then(|id| id.parse::<MessageId>().ok()), owes)
            && unlinked.contains(&message.uuid())
        {
            records.unlinked.push((message, owes.into()));
        }
        records.released.extend(data["released"].as_str().and_then(|id| id.parse::<NotificationId>().ok()));
        records
            .rescheduled
            .extend(data["rescheduled"].as_array().into_iter().flatten().filter_map(rescheduled).map(|moved| (moved.id, moved)));
        records.taken_back.extend(data["cancelled"].as_array().into_iter().flatten().filter_map(taken_back));
    }
    for row in transaction.query_all_raw(ids.statement(backend, KINDS)).await? {
        let KindRow { id, application_id, kind, state, words, hold_reason } = KindRow::from_query_result(&row, "")?;
        let records = records.entry(application_id.into()).or_default();
        // A lease that cannot be read ends as little as one of the year 9999.
        let is_believable = || row.try_get("", "wake_at").is_ok_and(|ends: DateTime<Utc>| (earliest..=latest).contains(&ends));
        if state == State::Sending.as_str() && !is_believable() {
            records.stuck.push(id.into());
        }
        if state.parse::<State>().is_ok_and(State::is_open) {
            records.open.insert(id.into(), (words, hold_reason));
        }
        records.has_acknowledgement |= kind == Kind::Received.as_str();
        if state != State::Cancelled.as_str() {
            records.told_or_owed.push(kind);
        }
    }
    for row in transaction.query_all_raw(ids.statement(backend, UNANSWERED)).await? {
        let application = row.try_get::<Uuid>("", "application_id")?.into();
        records.entry(application).or_default().unanswered = Some(row.try_get("", "at")?);
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
