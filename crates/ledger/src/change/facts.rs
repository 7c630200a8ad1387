//! What decisions are made from, read under lock.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use hearback_domain::{
    ids::{ApplicationId, NotificationId},
    notification::State,
    promise::{self, Facts},
};
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult};
use uuid::Uuid;

use crate::{
    LedgerError,
    database::Transaction,
    decode::decoded,
    policies::Overriding,
    rows::{Cell, Column, Rows},
    standing::{self, StandingColumns, read},
};

/// The applications of a change. One that cannot be read stands in the way of nobody else.
#[derive(Debug, Default)]
pub(crate) struct LockedAll {
    pub(crate) readable: BTreeMap<ApplicationId, Locked>,
    /// With the reason.
    pub(crate) unreadable: BTreeMap<ApplicationId, String>,
}

/// One application, locked, with the facts about it.
#[derive(Debug)]
pub(crate) struct Locked {
    pub(crate) id: ApplicationId,
    /// Its applicant's data is erased: nothing is decided about it any more, and nothing is sent.
    pub(crate) is_erased: bool,
    /// Of these two only one application is active and carries its own promises.
    pub(crate) person_and_job: (Uuid, Uuid),
    pub(crate) facts: Facts,
    /// What its board and its job promise otherwise.
    pub(crate) overriding: Overriding,
    /// The rows behind `facts.messages`, in the same order.
    pub(crate) messages: Vec<Message>,
    /// Open messages that this release cannot read: nothing is decided from them, but they have their places in the chain.
    pub(crate) opaque: Vec<(NotificationId, State)>,
}

/// What a settlement needs to know of a message beyond what decisions do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Message {
    pub(crate) id: NotificationId,
    pub(crate) claim_token: Option<Uuid>,
    pub(crate) tries: u32,
    pub(crate) send_after: DateTime<Utc>,
    pub(crate) cancel_requested: bool,
}

/// What is kept from changing until the commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lock {
    /// For whoever decides by the messages' states: what is scheduled stays so, and no worker claims it.
    WithMessages,
    /// For whoever settles messages that it has claimed: its writes are fenced by the claim.
    Applications,
    /// The same, without those that somebody else has locked.
    FreeApplications,
}

/// What decisions need beside how it stands.
#[derive(FromQueryResult)]
struct PlaceRow {
    id: Uuid,
    candidate_id: Uuid,
    job_id: Uuid,
    carried_by: Option<Uuid>,
    time_zone: String,
    job_zone: String,
    board_policy: Option<String>,
    job_policy: Option<String>,
    erased_at: Option<DateTime<Utc>>,
}

#[derive(FromQueryResult)]
struct MessageRow {
    id: Uuid,
    kind: String,
    state: String,
    maybe_sent: bool,
    stage: Option<String>,
    promised_by: Option<DateTime<Utc>>,
    claim_token: Option<Uuid>,
    tries: i32,
    send_after: DateTime<Utc>,
    due_at: DateTime<Utc>,
    cancel_requested: bool,
    answers_until: Option<DateTime<Utc>>,
}

const MESSAGES: &str = "SELECT n.id, application_id, kind, state, maybe_sent, stage, promised_by, claim_token, tries, send_after,
    due_at, cancel_requested, CASE WHEN kind = 'message' THEN (SELECT max(m.answers_until) FROM message m
        WHERE m.notification_id = n.id AND m.direction = 'sent') END AS answers_until
    FROM notification n WHERE application_id IN (SELECT v.id FROM v)
    AND (state IN ('waiting', 'scheduled', 'sending', 'held') OR (maybe_sent AND state IN ('undeliverable', 'cancelled')))
    ORDER BY n.id";

const ACTIVE_AGAIN: &str = "SELECT a.id, b.id AS active FROM v JOIN application a ON a.id = v.id
    JOIN application b ON b.job_id = a.job_id AND b.candidate_id = a.candidate_id AND b.id <> a.id
    WHERE b.status = 'active' AND b.carried_by IS NULL";

/// Locks applications in ascending order of their ids, so that two changes never wait for each other, and reads the facts in
/// statements of their own: those see what was committed while this waited for the locks.
pub(crate) async fn lock(transaction: &Transaction, applications: &[ApplicationId], lock: Lock) -> Result<LockedAll, LedgerError> {
    // Not FOR UPDATE: that would also stop events of the applications from being written.
    let clause = match lock {
        Lock::WithMessages | Lock::Applications => "FOR NO KEY UPDATE OF a",
        Lock::FreeApplications => "FOR NO KEY UPDATE OF a SKIP LOCKED",
    };
    let of_messages = match lock {
        Lock::WithMessages => "FOR UPDATE",
        Lock::Applications | Lock::FreeApplications => "",
    };
    load(transaction, applications, clause, of_messages).await
}

/// The facts as they are now, for whoever only wants to know what would be decided.
pub(crate) async fn look(connection: &impl ConnectionTrait, applications: &[ApplicationId]) -> Result<LockedAll, LedgerError> {
    load(connection, applications, "", "").await
}

async fn load(
    connection: &impl ConnectionTrait,
    applications: &[ApplicationId],
    clause: &str,
    of_messages: &str,
) -> Result<LockedAll, LedgerError> {
    let backend = connection.get_database_backend();
    let ids = ids(applications);
    let statement = ids.statement(backend, &locking(&applications_query(), backend, clause));
    let mut all = LockedAll::default();
    for row in connection.query_all_raw(statement).await? {
        let id: Uuid = row.try_get("", "id")?;
        let read = || Locked::read(PlaceRow::from_query_result(&row, "")?, StandingColumns::from_query_result(&row, "")?);
        match decoded("application", read) {
            Ok(locked) => drop(all.readable.insert(locked.id, locked)),
            Err(reason) => drop(all.unreadable.insert(id.into(), reason)),
        }
    }
    let statement = ids.statement(backend, &locking(MESSAGES, backend, of_messages));
    for row in connection.query_all_raw(statement).await? {
        let (id, application): (Uuid, Uuid) = (row.try_get("", "id")?, row.try_get("", "application_id")?);
        let Some(locked) = all.readable.get_mut(&application.into()) else { continue };
        let read = decoded("notification", || locked.add(MessageRow::from_query_result(&row, "")?));
        if read.is_err()
            && let Some(state) = row.try_get::<String>("", "state").ok().and_then(|state| state.parse::<State>().ok())
        {
            locked.opaque.push((id.into(), state));
        }
    }
    Ok(all)
}

/// Where the same person has another active application for the same job.
pub(crate) async fn active_again(
    transaction: &Transaction,
    applications: &[ApplicationId],
) -> Result<HashMap<ApplicationId, ApplicationId>, LedgerError> {
    let statement = ids(applications).statement(transaction.get_database_backend(), ACTIVE_AGAIN);
    let rows = transaction.query_all_raw(statement).await?;
    let pair = |row: &sea_orm::QueryResult| {
        Ok::<_, LedgerError>((row.try_get::<Uuid>("", "id")?.into(), row.try_get::<Uuid>("", "active")?.into()))
    };
    rows.iter().map(pair).collect()
}

fn ids(applications: &[ApplicationId]) -> Rows<1> {
    Rows::new([Column::Uuid("id")], applications.iter().map(|id| [Cell::Uuid(id.uuid())]))
}

fn applications_query() -> String {
    format!(
        "SELECT a.id, candidate_id, job_id, carried_by, time_zone, erased_at, {}, job_zone, board_policy, job_policy
            FROM application a JOIN (
                SELECT j.id AS place, COALESCE(j.time_zone, b.time_zone) AS job_zone, b.policy AS board_policy, j.policy AS job_policy
                FROM job j JOIN board b ON b.id = j.board_id
            ) places ON place = job_id
            WHERE a.id IN (SELECT v.id FROM v) ORDER BY a.id",
        standing::READ
    )
}

/// SQLite has no row locks and needs none: its write transactions come one after another.
fn locking(statement: &str, backend: DbBackend, clause: &str) -> String {
    match backend {
        DbBackend::Sqlite => statement.to_owned(),
        _ => format!("{statement} {clause}"),
    }
}

impl Locked {
    fn read(place: PlaceRow, standing: StandingColumns) -> Result<Self, LedgerError> {
        let PlaceRow { id, candidate_id, job_id, carried_by, time_zone, job_zone, board_policy, job_policy, erased_at } = place;
        let facts = Facts {
            standing: standing.try_into()?,
            carried_by: carried_by.map(ApplicationId::from),
            has_address: true,
            capped_until: None,
            zone: read(&time_zone)?,
            job_zone: read(&job_zone)?,
            messages: Vec::new(),
        };
        let overriding = Overriding { board: board_policy, job: job_policy };
        let person_and_job = (candidate_id, job_id);
        let is_erased = erased_at.is_some();
        Ok(Self { id: id.into(), is_erased, person_and_job, facts, overriding, messages: Vec::new(), opaque: Vec::new() })
    }

    /// The open messages in the order in which they are sent, whether or not they can be read.
    pub(crate) fn chain(&self) -> Vec<(NotificationId, State)> {
        let readable = self.facts.messages.iter().map(|message| (message.id, message.state));
        let mut chain: Vec<_> = readable.chain(self.opaque.iter().copied()).filter(|(_, state)| state.is_open()).collect();
        chain.sort_unstable_by_key(|(id, _)| *id);
        chain
    }

    /// Where a message stands in both lists.
    pub(crate) fn position(&self, id: NotificationId) -> Option<usize> {
        self.messages.iter().position(|message| message.id == id)
    }

    fn add(&mut self, row: MessageRow) -> Result<(), LedgerError> {
        let MessageRow {
            id,
            kind,
            state,
            maybe_sent,
            stage,
            promised_by,
            claim_token,
            tries,
            send_after,
            due_at,
            cancel_requested,
            answers_until,
        } = row;
        let word = |error| LedgerError::unreadable("notification", error);
        let message = promise::Message {
            id: id.into(),
            kind: kind.parse().map_err(word)?,
            state: state.parse().map_err(word)?,
            maybe_sent,
            stage: stage.map(|stage| stage.parse()).transpose().map_err(word)?,
            promised_by,
            send_after,
            due_at,
            answers_until,
        };
        let tries = u32::try_from(tries).map_err(|error| LedgerError::unreadable("notification", error))?;
        self.facts.messages.push(message);
        self.messages.push(Message { id: id.into(), claim_token, tries, send_after, cancel_requested });
        Ok(())
    }
}
