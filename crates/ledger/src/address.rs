//! A person gives an applicant's right address, or says that the one there is should be tried again.

use chrono::{DateTime, Utc};
use hearback_domain::{
    EmailAddress,
    actor::Actor,
    event::EventKind,
    ids::{ApplicationId, CandidateId, NotificationId},
    notification::{Kind, State},
    promise::{Facts, Happening, HoldReason, Message, Refused, Room, decide},
};
use sea_orm::{ConnectionTrait, FromQueryResult, QueryResult, Statement, Value};
use serde_json::json;
use uuid::Uuid;

use crate::{
    ChangeRefused, Changed, Ledger, LedgerError,
    change::{ATTEMPTS, Lock, Locked, LockedAll, NewEvent, Rejected, Step, Written, lock, write_and_name},
    database::Transaction,
    decode::decoded,
    submit,
};

#[derive(FromQueryResult)]
struct Row {
    email: String,
    job_id: Uuid,
    candidate_id: Uuid,
    is_test: bool,
    is_active: bool,
}

#[derive(FromQueryResult)]
struct RefusedRow {
    id: Uuid,
    kind: String,
    state: String,
    maybe_sent: bool,
    stage: Option<String>,
    promised_by: Option<DateTime<Utc>>,
    send_after: DateTime<Utc>,
    due_at: DateTime<Utc>,
    words: Option<String>,
    answers_until: Option<DateTime<Utc>>,
}

const APPLICATION: &str = "SELECT a.email, a.job_id, a.candidate_id, a.is_test,
    (a.status = 'active' AND a.carried_by IS NULL) AS is_active FROM application a WHERE a.id = $1";

const NEW_CANDIDATE: &str = "INSERT INTO candidate (id, address, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";

const CANDIDATE: &str = "SELECT c.id, c.refused_at FROM candidate c WHERE c.address = $1";

const ACTIVE: &str = "SELECT b.id FROM application b WHERE b.job_id = $1 AND b.candidate_id = $2 AND b.id <> $3
    AND b.status = 'active' AND b.carried_by IS NULL";

/// Of each kind the last: an earlier one was owed again, or overtaken. Of a recruiter's own words each that no later mail brought.
const REFUSED: &str = "SELECT n.id, n.kind, n.state, n.maybe_sent, n.stage, n.promised_by, n.send_after, n.due_at, n.words, s.answers_until
    FROM notification n LEFT JOIN message s ON s.notification_id = n.id AND s.direction = 'sent'
    WHERE n.application_id = $1 AND n.state IN ('undeliverable', 'bounced')
    AND CASE WHEN n.kind = 'message' THEN s.id IS NOT NULL ELSE NOT EXISTS (
        SELECT 1 FROM notification m WHERE m.application_id = n.application_id AND m.kind = n.kind AND m.id > n.id) END
    ORDER BY n.id";

/// A message has one mail: the one that was owed again in the place of the one that did not arrive.
const BROUGHT_BY: &str = "UPDATE message SET notification_id = $1 WHERE notification_id = $2 AND direction = 'sent'";

const MOVE: &str = "UPDATE application SET email = $2, candidate_id = $3, updated_at = $4, version = version + 1 WHERE id = $1";

/// A worker may be sending to the old address at this moment.
const SENT_TO: &str = "UPDATE notification SET sent_to = $2
    WHERE application_id = $1 AND sent_to IS NULL AND state IN ('sent', 'bounced', 'undeliverable', 'sending')";

/// Bytes that went to another address are not repeated: what is told next is written anew, under the same Message-ID.
const FORGET: &str = "UPDATE notification SET raw = NULL WHERE application_id = $1 AND state IN ('scheduled', 'waiting', 'held')";

/// A person's word counts more than an earlier bounce; the next bounce is told again.
const UNMARK: &str = "UPDATE candidate SET refused_at = NULL WHERE id = $1";

const RELEASE: &str = "UPDATE notification SET state = 'scheduled', hold_reason = NULL,
    wake_at = CASE WHEN send_after > $3 THEN send_after ELSE $3 END
    WHERE application_id = $1 AND state = 'held' AND hold_reason = $2 RETURNING id";

impl Ledger {
    /// Everything that is owed to the applicant goes to this address from now on, and what the old one did not take is owed again, as
    /// new messages. Other applications of the same person keep theirs: each is asked about.
    pub async fn correct_address(&self, application: ApplicationId, address: &EmailAddress, actor: &Actor) -> Result<Changed, LedgerError> {
        let mut attempt = 1;
        let result = loop {
            match self.try_to_correct_address(application, address, actor).await {
                Err(error) if error.is_lost_race() && attempt < ATTEMPTS => attempt += 1,
                other => break other?,
            }
        };
        Ok(Changed { application, result })
    }

    async fn try_to_correct_address(
        &self,
        application: ApplicationId,
        address: &EmailAddress,
        actor: &Actor,
    ) -> Result<Result<(), ChangeRefused>, LedgerError> {
        let transaction = self.database().begin().await?;
        let LockedAll { mut readable, mut unreadable } = lock(&transaction, &[application], Lock::WithMessages).await?;
        let Some(locked) = readable.remove(&application) else {
            transaction.rollback().await?;
            return Ok(Err(unreadable.remove(&application).map_or(ChangeRefused::NoSuchApplication, ChangeRefused::Unreadable)));
        };
        if locked.is_erased {
            transaction.rollback().await?;
            return Ok(Err(ChangeRefused::Erased));
        }
        let now = self.clock().now();
        let row = one(&transaction, APPLICATION, [application.uuid().into()]).await?;
        let row = row.ok_or_else(|| LedgerError::unreadable("application", "it is gone"))?;
        let row = Row::from_query_result(&row, "")?;
        let (candidate, is_marked) = self.candidate_of(&transaction, address, now).await?;
        let is_other = candidate.uuid() != row.candidate_id;
        if is_other && row.is_active {
            let values = [row.job_id.into(), candidate.uuid().into(), application.uuid().into()];
            if let Some(active) = one(&transaction, ACTIVE, values).await? {
                let active = active.try_get::<Uuid>("", "id")?.into();
                transaction.rollback().await?;
                return Ok(Err(ChangeRefused::AppliedAgain(active)));
            }
        }
        let is_new = address.as_str() != row.email;
        let room = if row.is_test { Room::Now } else { submit::room_of(&transaction, candidate, now).await? };
        let refused = refused(&transaction, application).await?;
        let again: Vec<NotificationId> = refused.iter().map(|one| one.message.id).collect();
        let own_words = refused.iter().filter(|one| one.message.kind == Kind::Message).map(|one| one.message.id).collect::<Vec<_>>();
        let facts = Facts { capped_until: until(room), ..locked.facts.clone() };
        let happening = Happening::AddressCorrected { refused, room };
        let decision = decide(&happening, &facts, &self.policy_under(&locked.overriding), now)
            .map_err(|refusal| LedgerError::unreadable("application", refusal))?;
        let let_go = self.apply(&transaction, &locked, address, &Applied { was: &row.email, is_new, candidate }, now).await?;
        if !is_new && !is_marked && decision.owe.is_empty() && let_go.is_empty() {
            // As it was: nothing is on record for it.
            transaction.rollback().await?;
            return Ok(Ok(()));
        }
        let is_due = !let_go.is_empty();
        let kinds: Vec<Kind> = decision.owe.iter().map(|owe| owe.kind).collect();
        let data = json!({ "is_new": is_new, "not_delivered": again, "let_go": let_go });
        let event = Some(NewEvent::of(EventKind::AddressCorrected, actor, data));
        let step = Step { locked: &locked, decision, settled: None, event, rejected: Rejected::Unchanged, words: None };
        let Written { something_due, owed } = write_and_name(self, &transaction, vec![step], now).await?;
        let own_words_again = kinds.iter().zip(&owed).filter(|(kind, _)| **kind == Kind::Message);
        for (was, (_, now_by)) in own_words.into_iter().zip(own_words_again) {
            let values: [Value; 2] = [now_by.uuid().into(), was.uuid().into()];
            transaction.execute_raw(Statement::from_sql_and_values(transaction.get_database_backend(), BROUGHT_BY, values)).await?;
        }
        transaction.commit().await?;
        if something_due || is_due {
            self.wake();
        }
        Ok(Ok(()))
    }

    /// Whoever has this address, and whether it refuses mail.
    async fn candidate_of(
        &self,
        transaction: &Transaction,
        address: &EmailAddress,
        now: DateTime<Utc>,
    ) -> Result<(CandidateId, bool), LedgerError> {
        let backend = transaction.get_database_backend();
        let id = self.ids().next::<CandidateId>();
        let values: [Value; 3] = [id.uuid().into(), address.identity().into(), now.into()];
        transaction.execute_raw(Statement::from_sql_and_values(backend, NEW_CANDIDATE, values)).await?;
        let row = one(transaction, CANDIDATE, [address.identity().into()]).await?;
        let row = row.ok_or_else(|| LedgerError::unreadable("candidate", "an address that was just written is missing"))?;
        let refused_at: Option<DateTime<Utc>> = row.try_get("", "refused_at")?;
        Ok((row.try_get::<Uuid>("", "id")?.into(), refused_at.is_some()))
    }

    /// Writes what decisions do not know of. Returns the messages that were held for the address, and go out now.
    async fn apply(
        &self,
        transaction: &Transaction,
        locked: &Locked,
        address: &EmailAddress,
        applied: &Applied<'_>,
        now: DateTime<Utc>,
    ) -> Result<Vec<NotificationId>, LedgerError> {
        let (backend, id) = (transaction.get_database_backend(), Value::from(locked.id.uuid()));
        let Applied { was, is_new, candidate } = *applied;
        let run = async |sql: &str, values: Vec<Value>| transaction.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await;
        if is_new {
            let to: [Value; 3] = [address.to_string().into(), candidate.uuid().into(), now.into()];
            run(MOVE, [id.clone()].into_iter().chain(to).collect()).await?;
            run(SENT_TO, vec![id.clone(), was.into()]).await?;
            run(FORGET, vec![id.clone()]).await?;
        }
        run(UNMARK, vec![candidate.uuid().into()]).await?;
        let values = [id, HoldReason::AddressRefused.as_str().into(), now.into()];
        let let_go = transaction.query_all_raw(Statement::from_sql_and_values(backend, RELEASE, values)).await?;
        let_go.iter().map(|row| Ok(row.try_get::<Uuid>("", "id")?.into())).collect()
    }
}

#[derive(Clone, Copy)]
struct Applied<'a> {
    was: &'a str,
    is_new: bool,
    candidate: CandidateId,
}

async fn one(transaction: &Transaction, sql: &str, values: impl IntoIterator<Item = Value>) -> Result<Option<QueryResult>, LedgerError> {
    Ok(transaction.query_one_raw(Statement::from_sql_and_values(transaction.get_database_backend(), sql, values)).await?)
}

/// What cannot be read is not owed again, and keeps nothing else from being.
async fn refused(transaction: &Transaction, application: ApplicationId) -> Result<Vec<Refused>, LedgerError> {
    let statement = Statement::from_sql_and_values(transaction.get_database_backend(), REFUSED, [application.uuid().into()]);
    let rows = transaction.query_all_raw(statement).await?;
    let read = |row: &QueryResult| {
        decoded("notification", || Refused::try_from(RefusedRow::from_query_result(row, "")?))
            .inspect_err(|error| tracing::error!(%application, error, "a message that did not arrive is not owed again"))
            .ok()
    };
    Ok(rows.iter().filter_map(read).collect())
}

impl TryFrom<RefusedRow> for Refused {
    type Error = LedgerError;

    fn try_from(row: RefusedRow) -> Result<Self, LedgerError> {
        let RefusedRow { id, kind, state, maybe_sent, stage, promised_by, send_after, due_at, words, answers_until } = row;
        let word = |error| LedgerError::unreadable("notification", error);
        let state: State = state.parse().map_err(word)?;
        let (kind, stage) = (kind.parse().map_err(word)?, stage.map(|stage| stage.parse()).transpose().map_err(word)?);
        Ok(Self {
            message: Message { id: id.into(), kind, state, maybe_sent, stage, promised_by, send_after, due_at, answers_until },
            words,
        })
    }
}

const fn until(room: Room) -> Option<DateTime<Utc>> {
    match room {
        Room::Now | Room::Exhausted => None,
        Room::From(from) => Some(from),
    }
}

#[cfg(test)]
mod tests;
