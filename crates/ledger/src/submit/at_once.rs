//! A batch of applications in one statement, on PostgreSQL: a quarter of the ways to the database and back, and each table is opened once.
//! It writes those that meet nobody. Whoever repeats an application, or loses a race, is left to the transaction of `write.rs`.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use hearback_domain::{
    actor::{Actor, ActorKind},
    event::EventKind,
    ids::{ApiKeyId, ApplicationId, CandidateId, EventId, NotificationId},
    promise::{Owe, Room},
};
use sea_orm::{ConnectionTrait, SqlErr};
use serde_json::json;
use uuid::Uuid;

use super::{Submission, jobs::VERSION, write::Fresh};
use crate::{
    Ledger, LedgerError,
    change::{NewEvent, NewNotification},
    rows::{Cell, Column, Rows, beside},
    standing,
};

/// Those that are written without another look: their job is as this process knows it, and their own key still works and was not used with
/// this Idempotency-Key before.
const FIT: &str = ", fit AS MATERIALIZED (
        SELECT v.* FROM v JOIN job j ON j.id = v.job_id JOIN board b ON b.id = j.board_id
        WHERE {version} = v.job_version
        AND NOT EXISTS (SELECT FROM api_key k WHERE k.id = v.caller_id AND (k.revoked_at IS NOT NULL OR k.expires_at <= v.at))
        AND NOT EXISTS (SELECT FROM idempotency_key k WHERE k.api_key_id = v.api_key_id AND k.idempotency_key = v.idempotency_key))";

/// What is written where: candidates that are new; their applications; for each of these the event, what it owes, and its
/// Idempotency-Key. A key that another request has taken fails the whole statement. Whoever applied before is left out: what they already
/// have on the way, or in their mailbox, is the transaction's to look at.
const INSERT: &str = ", made AS (
        INSERT INTO candidate (id, address, created_at) SELECT candidate_id, address, at FROM fit ON CONFLICT DO NOTHING RETURNING id, address),
    applied AS (
        INSERT INTO application (id, job_id, candidate_id, name, email, locale, time_zone, is_test, received_at, updated_at, stage, status,
            shown_stage, shown_status, next_word_kind, next_word_by, next_word_at, decide_from, decide_by, decide_alert_at, decide_rung,
            link_generation)
        SELECT v.id, v.job_id, made.id, v.name, v.email, v.locale, v.time_zone, v.is_test, v.at, v.at, 'received', 'active',
            'received', 'active', v.next_word_kind, v.next_word_by, v.next_word_at, v.decide_from, v.decide_by, v.decide_alert_at,
            v.decide_rung, 0 FROM fit v JOIN made ON made.address = v.address
        ON CONFLICT (job_id, candidate_id) WHERE status = 'active' AND carried_by IS NULL DO NOTHING RETURNING id),
    keyed AS (
        INSERT INTO idempotency_key (api_key_id, idempotency_key, fingerprint, application_id, created_at)
        SELECT v.api_key_id, v.idempotency_key, v.fingerprint, v.id, v.at FROM fit v JOIN applied ON applied.id = v.id
        WHERE v.idempotency_key IS NOT NULL),
    happened AS (
        INSERT INTO event (id, application_id, kind, at, actor_kind, actor_id, on_behalf_of, data, owes, owed, trace)
        SELECT v.event_id, v.id, v.event, v.at, v.actor_kind, v.actor_id, v.on_behalf_of, v.data, v.owes, v.owed, v.trace
        FROM fit v JOIN applied ON applied.id = v.id),
    owed AS (
        INSERT INTO notification (id, application_id, kind, state, lane, wake_at, due_at, send_after, tries, maybe_sent, cancel_requested,
            stage, words, promised_by, hold_reason, trace)
        SELECT v.owes, v.id, v.kind, v.state, v.lane, v.send_after, v.due_at, v.send_after, 0, false, false,
            v.stage, v.words, v.promised_by, v.hold_reason, v.trace FROM fit v JOIN applied ON applied.id = v.id)
    SELECT id FROM applied";

/// Returns those that are on record.
pub(super) async fn insert(ledger: &Ledger, fresh: &[Fresh<'_>], now: DateTime<Utc>) -> Result<HashSet<ApplicationId>, LedgerError> {
    let mut rows: Vec<(String, [Cell; COLUMNS])> = fresh.iter().filter_map(|fresh| row(ledger, fresh, now)).collect();
    // In the order of addresses: two batches with the same people must not wait for each other. One of each: the next is no first.
    rows.sort_by(|(one, _), (other, _)| one.cmp(other));
    rows.dedup_by(|(next, _), (one, _)| next == one);
    let database = ledger.database();
    let text = format!("{}{INSERT}", FIT.replace("{version}", VERSION));
    let statement = Rows::new(columns(), rows.into_iter().map(|(_, row)| row)).statement(database.backend(), &text);
    match database.writer().query_all_raw(statement).await {
        Ok(written) => written.iter().map(|row| Ok(row.try_get::<Uuid>("", "id")?.into())).collect(),
        // The transaction finds out whose it is.
        Err(error) if is_taken_key(&error) => Ok(HashSet::new()),
        Err(error) => {
            let error = LedgerError::from(error);
            // Nobody knows whether it was written, but the ids were made before.
            let written = match &error {
                LedgerError::Unavailable(_) => on_record(ledger, fresh).await?,
                _ => HashSet::new(),
            };
            if written.is_empty() { Err(error) } else { Ok(written) }
        }
    }
}

fn is_taken_key(error: &sea_orm::DbErr) -> bool {
    matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(text)) if text.contains("idempotency_key_pkey"))
}

async fn on_record(ledger: &Ledger, fresh: &[Fresh<'_>]) -> Result<HashSet<ApplicationId>, LedgerError> {
    let rows = Rows::new([Column::Uuid("id")], fresh.iter().map(|fresh| [fresh.id.uuid().into()]));
    let statement = rows.statement(ledger.database().backend(), "SELECT a.id FROM application a WHERE a.id IN (SELECT v.id FROM v)");
    let found = ledger.database().reader().query_all_raw(statement).await?;
    found.iter().map(|row| Ok(row.try_get::<Uuid>("", "id")?.into())).collect()
}

const COLUMNS: usize = 40;

fn columns() -> [Column; COLUMNS] {
    let own = [
        Column::Uuid("id"),
        Column::Uuid("job_id"),
        Column::Uuid("candidate_id"),
        Column::Text("address"),
        Column::Text("name"),
        Column::Text("email"),
        Column::Text("locale"),
        Column::Text("time_zone"),
        Column::Bool("is_test"),
        Column::Time("at"),
        Column::Uuid("api_key_id"),
        Column::Text("idempotency_key"),
        Column::Bytes("fingerprint"),
        Column::Uuid("event_id"),
        Column::Text("event"),
        Column::Text("actor_kind"),
        Column::Text("actor_id"),
        Column::Text("on_behalf_of"),
        Column::Text("data"),
        Column::Uuid("owes"),
        Column::Text("owed"),
        Column::Text("kind"),
        Column::Text("state"),
        Column::Int("lane"),
        Column::Time("due_at"),
        Column::Time("send_after"),
        Column::Text("stage"),
        Column::Text("words"),
        Column::Time("promised_by"),
        Column::Text("hold_reason"),
        Column::Text("trace"),
        Column::Text("job_version"),
        Column::Uuid("caller_id"),
    ];
    beside(own, standing::DATES)
}

/// With the address that it is ordered by; `None` for one that owes anything but one message, or has files or an external id, which the
/// statement has no room for.
fn row(ledger: &Ledger, fresh: &Fresh<'_>, now: DateTime<Utc>) -> Option<(String, [Cell; COLUMNS])> {
    let Submission {
        job: _,
        only_board: _,
        name,
        email,
        locale,
        time_zone,
        is_test,
        suspected_spam: _,
        actor,
        idempotency,
        attachments,
        external_id,
    } = fresh.submission;
    if !attachments.is_empty() || external_id.is_some() {
        return None;
    }
    let decision = fresh.decided(Room::Now, None, now);
    let [owe] = <[Owe; 1]>::try_from(decision.owe).ok()?;
    let notification =
        NewNotification { id: ledger.ids().next::<NotificationId>(), application: fresh.id, state: owe.first_state(), owe, trace: None };
    let owed = notification.owed().to_string();
    let NewNotification { id: owes, application: _, state, owe, trace: _ } = notification;
    let Owe { kind, due_at, send_after, stage, words, promised_by, hold } = owe;
    let NewEvent { kind: event, actor, data, owes: _, trace: _ } = NewEvent::of(EventKind::Submitted, actor, json!({}));
    let Actor { kind: actor_kind, id: actor_id, on_behalf_of } = actor;
    let caller = (actor_kind == ActorKind::ApiKey).then(|| actor_id.parse::<ApiKeyId>().ok().map(ApiKeyId::uuid)).flatten();
    let dates = standing::dates(decision.standing.next_word, decision.standing.deadline);
    let address = email.identity();
    let row = [
        fresh.id.uuid().into(),
        fresh.job.id.uuid().into(),
        ledger.ids().next::<CandidateId>().uuid().into(),
        address.clone().into(),
        name.clone().into(),
        email.to_string().into(),
        locale.unwrap_or(fresh.job.locale).as_str().to_owned().into(),
        time_zone.unwrap_or(fresh.job.time_zone).name().to_owned().into(),
        Cell::Bool(*is_test),
        now.into(),
        idempotency.as_ref().map(|idempotency| idempotency.api_key.uuid()).into(),
        idempotency.as_ref().map(|idempotency| idempotency.key.clone()).into(),
        idempotency.as_ref().map_or(Cell::Null, |idempotency| Cell::Bytes(idempotency.fingerprint.to_vec())),
        ledger.ids().next::<EventId>().uuid().into(),
        event.as_str().to_owned().into(),
        actor_kind.as_str().to_owned().into(),
        actor_id.into(),
        on_behalf_of.into(),
        data.to_string().into(),
        owes.uuid().into(),
        owed.into(),
        kind.as_str().to_owned().into(),
        state.as_str().to_owned().into(),
        Cell::Int(kind.lane().number().into()),
        due_at.into(),
        send_after.into(),
        stage.map(|stage| stage.as_str().to_owned()).into(),
        words.into(),
        promised_by.into(),
        hold.map(|reason| reason.as_str().to_owned()).into(),
        fresh.trace.map(str::to_owned).into(),
        fresh.job.version.clone().into(),
        caller.into(),
    ];
    Some((address, beside(row, dates)))
}
