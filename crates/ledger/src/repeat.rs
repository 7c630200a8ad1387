//! Requests that may be sent again: the first answer is kept for a day, and given again.
//!
//! Which request is being answered is known to the task that answers it. The first transaction that this task commits also notes that the
//! request was carried out: so whoever is killed in the middle leaves either nothing, and the request is carried out when it comes again,
//! or a note, and it is not. Only the answer itself can be lost, between the commit and the moment when it is kept.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use chrono::{DateTime, TimeDelta, Utc};
use hearback_domain::ids::ApiKeyId;
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, RuntimeErr, Statement};
use uuid::Uuid;

use crate::{
    Idempotency, Ledger, LedgerError,
    database::Connection,
    rows::{Cell, Column, Rows},
};

/// How long others leave a request alone that is being answered. Its holder is fenced: one that takes longer writes nothing.
const LEASE: TimeDelta = TimeDelta::seconds(20);

/// An answer as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAnswer {
    pub status: u16,
    /// JSON, as the caller of this crate likes to have it.
    pub headers: String,
    pub body: Vec<u8>,
}

/// What is to be done with a request.
#[derive(Debug)]
pub enum Repeat {
    /// It is the first of its kind, or the first was never carried out: answer it.
    Answer(Answering),
    /// It was answered before, like this.
    Again(KeptAnswer),
    /// The key was used for something else.
    Reused,
    /// Somebody is answering it.
    InProgress,
    /// It was carried out, and its answer is not there.
    Lost,
}

/// The right to answer a request.
#[derive(Clone, Debug)]
pub struct Answering(Arc<Claim>);

#[derive(Debug)]
struct Claim {
    api_key: ApiKeyId,
    key: String,
    token: Uuid,
    at: DateTime<Utc>,
    is_done: AtomicBool,
}

tokio::task_local! {
    static ANSWERING: Answering;
}

const CLAIM: &str = "INSERT INTO repeatable (api_key_id, idempotency_key, fingerprint, claim_token, lease_until, created_at)
    SELECT api_key_id, idempotency_key, fingerprint, claim_token, lease_until, created_at FROM v WHERE true
    ON CONFLICT (api_key_id, idempotency_key) DO UPDATE SET claim_token = excluded.claim_token, lease_until = excluded.lease_until
    WHERE repeatable.fingerprint = excluded.fingerprint AND repeatable.status IS NULL AND repeatable.done_at IS NULL
    AND repeatable.lease_until <= excluded.created_at
    RETURNING claim_token";

const LOOK: &str =
    "SELECT fingerprint, lease_until, done_at, status, headers, body FROM repeatable WHERE api_key_id = $1 AND idempotency_key = $2";

const DONE: &str = "UPDATE repeatable SET done_at = $1
    WHERE api_key_id = $2 AND idempotency_key = $3 AND claim_token = $4 AND done_at IS NULL";

const KEEP: &str =
    "UPDATE repeatable SET done_at = COALESCE(repeatable.done_at, v.at), status = v.status, headers = v.headers, body = v.body
    FROM v WHERE repeatable.api_key_id = v.api_key_id AND repeatable.idempotency_key = v.idempotency_key
    AND repeatable.claim_token = v.claim_token AND repeatable.status IS NULL";

const UNKEPT: &str = "UPDATE repeatable SET lease_until = $1, done_at = COALESCE(done_at, $1)
    WHERE api_key_id = $2 AND idempotency_key = $3 AND claim_token = $4";

const RELEASE: &str = "DELETE FROM repeatable WHERE api_key_id = $1 AND idempotency_key = $2 AND claim_token = $3 AND done_at IS NULL";

#[derive(FromQueryResult)]
struct Row {
    fingerprint: Vec<u8>,
    lease_until: DateTime<Utc>,
    done_at: Option<DateTime<Utc>>,
    status: Option<i32>,
    headers: Option<String>,
    body: Option<Vec<u8>>,
}

impl Row {
    async fn look(connection: &Connection, request: &Idempotency) -> Result<Option<Self>, LedgerError> {
        let values = [request.api_key.uuid().into(), request.key.clone().into()];
        let found = connection.query_one_raw(Statement::from_sql_and_values(connection.get_database_backend(), LOOK, values)).await?;
        Ok(found.map(|found| Self::from_query_result(&found, "")).transpose()?)
    }

    /// `None` if whoever asks may take it over.
    fn known(self, request: &Idempotency, now: DateTime<Utc>) -> Option<Repeat> {
        let Self { fingerprint, lease_until, done_at, status, headers, body } = self;
        if fingerprint != request.fingerprint {
            return Some(Repeat::Reused);
        }
        match (status.and_then(|status| u16::try_from(status).ok()), headers, body, done_at) {
            (Some(status), Some(headers), Some(body), _) => Some(Repeat::Again(KeptAnswer { status, headers, body })),
            // Within the lease the answer may be on its way here.
            (_, _, _, Some(_)) if lease_until <= now => Some(Repeat::Lost),
            (_, _, _, None) if lease_until <= now => None,
            (_, _, _, Some(_) | None) => Some(Repeat::InProgress),
        }
    }
}

impl Ledger {
    /// Asks what is to be done with a request that came with an Idempotency-Key.
    pub async fn repeat(&self, request: &Idempotency) -> Result<Repeat, LedgerError> {
        let (database, now) = (self.database(), self.clock().now());
        // Many who ask again at once must not stand in the way of the one who is to write the answer: only SQLite's writer is scarce.
        if let Some(known) = Row::look(database.reader(), request).await?.and_then(|row| row.known(request, now)) {
            return Ok(known);
        }
        if let Some(answering) = self.claim_request(request, now).await? {
            return Ok(Repeat::Answer(answering));
        }
        // From the writer: a reader of SQLite may look at a moment before the row was there.
        let row = Row::look(database.writer(), request).await?;
        Ok(row.and_then(|row| row.known(request, now)).unwrap_or(Repeat::InProgress))
    }

    async fn claim_request(&self, request: &Idempotency, now: DateTime<Utc>) -> Result<Option<Answering>, LedgerError> {
        let Idempotency { api_key, key, fingerprint } = request;
        let (database, token) = (self.database(), Uuid::from_bytes(self.random().bytes()));
        let columns = [
            Column::Uuid("api_key_id"),
            Column::Text("idempotency_key"),
            Column::Bytes("fingerprint"),
            Column::Uuid("claim_token"),
            Column::Time("lease_until"),
            Column::Time("created_at"),
        ];
        let row =
            [api_key.uuid().into(), key.clone().into(), Cell::Bytes(fingerprint.to_vec()), token.into(), (now + LEASE).into(), now.into()];
        let claimed = database.writer().query_all_raw(Rows::new(columns, [row]).statement(database.backend(), CLAIM)).await?;
        let claim = || Claim { api_key: *api_key, key: key.clone(), token, at: now, is_done: AtomicBool::new(false) };
        Ok((!claimed.is_empty()).then(|| Answering(Arc::new(claim()))))
    }

    /// Keeps the answer for those who ask again.
    pub async fn keep_answer(&self, answering: &Answering, answer: KeptAnswer) -> Result<(), LedgerError> {
        let Claim { api_key, key, token, at, is_done: _ } = &*answering.0;
        let KeptAnswer { status, headers, body } = answer;
        let columns = [
            Column::Uuid("api_key_id"),
            Column::Text("idempotency_key"),
            Column::Uuid("claim_token"),
            Column::Time("at"),
            Column::Int("status"),
            Column::Text("headers"),
            Column::Bytes("body"),
        ];
        let row = [
            api_key.uuid().into(),
            key.clone().into(),
            (*token).into(),
            (*at).into(),
            Cell::Int(status.into()),
            headers.into(),
            Cell::Bytes(body),
        ];
        let database = self.database();
        database.writer().execute_raw(Rows::new(columns, [row]).statement(database.backend(), KEEP)).await?;
        Ok(())
    }

    /// The answer will not be kept: those who ask again need not wait for it.
    pub async fn leave_unkept(&self, answering: &Answering) -> Result<(), LedgerError> {
        let Claim { api_key, key, token, at, .. } = &*answering.0;
        let database = self.database();
        let values = [(*at).into(), api_key.uuid().into(), key.clone().into(), (*token).into()];
        database.writer().execute_raw(Statement::from_sql_and_values(database.backend(), UNKEPT, values)).await?;
        Ok(())
    }

    /// Nothing was carried out: the same key may be sent with the same or a corrected request.
    pub async fn release_request(&self, answering: &Answering) -> Result<(), LedgerError> {
        let Claim { api_key, key, token, .. } = &*answering.0;
        let database = self.database();
        let values = [api_key.uuid().into(), key.clone().into(), (*token).into()];
        database.writer().execute_raw(Statement::from_sql_and_values(database.backend(), RELEASE, values)).await?;
        Ok(())
    }
}

impl Answering {
    /// Whether something of it is on record.
    pub fn is_done(&self) -> bool {
        self.0.is_done.load(Ordering::Acquire)
    }

    /// Runs what answers it.
    pub async fn run<F: Future>(&self, answer: F) -> F::Output {
        ANSWERING.scope(self.clone(), answer).await
    }
}

/// The request that this task answers, if it was sent with a key and nothing of it is on record yet.
pub(crate) fn undone() -> Option<Answering> {
    ANSWERING.try_with(Clone::clone).ok().filter(|answering| !answering.is_done())
}

impl Answering {
    /// As a part of the transaction that carries it out.
    pub(crate) async fn note(&self, transaction: &impl ConnectionTrait) -> Result<(), DbErr> {
        let Claim { api_key, key, token, at, is_done: _ } = &*self.0;
        let values = [(*at).into(), api_key.uuid().into(), key.clone().into(), (*token).into()];
        let statement = Statement::from_sql_and_values(transaction.get_database_backend(), DONE, values);
        if transaction.execute_raw(statement).await?.rows_affected() == 1 {
            return Ok(());
        }
        // To come again is right: whoever took it over answers it, or has.
        Err(DbErr::Conn(RuntimeErr::Internal("the request took too long, and may be answered by somebody else by now".to_owned())))
    }

    pub(crate) fn noted(&self) {
        self.0.is_done.store(true, Ordering::Release);
    }
}

#[cfg(test)]
mod tests;
