//! Whether answers of applicants find their way back to us. Nobody notices a way that is broken: whoever answers hears of it, or nobody does.
//! So a mail goes to our own reply address now and then, by the relay and whatever stands between it and the mail server that hands mail over
//! to us. If it does not come back in time, a person is told, and the audit says so until one comes back.

mod claim;
mod news;
#[cfg(test)]
mod tests;

use chrono::{DateTime, TimeDelta, Utc};
use hearback_domain::ids::ReplyProbeId;
use sea_orm::{ConnectionTrait, Statement, Value};
use serde_json::json;
use uuid::Uuid;

pub use claim::{ProbeClaim, ProbeMail, ProbeWhat};
pub use news::ProbeNews;

use crate::{
    Ledger, LedgerError, audit,
    database::Transaction,
    due::LANES,
    periodic::Done,
    rows::{Cell, Column, Rows},
};

/// How often it is tried, and how long a mail may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplyProbing {
    pub every: TimeDelta,
    pub within: TimeDelta,
}

/// What became of a mail to ourselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplyProbe {
    pub owed_at: DateTime<Utc>,
    /// When a relay took it.
    pub accepted_at: Option<DateTime<Utc>>,
    pub outcome: ProbeOutcome,
    /// What a mail server said last that did not take it.
    pub trouble: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeOutcome {
    Open,
    Returned,
    Lost,
}

/// Between two looks at what is late.
const LOOK_EVERY: TimeDelta = TimeDelta::seconds(30);

/// While the way stays broken, a person is told again.
const TELL_AGAIN: TimeDelta = TimeDelta::days(1);

const KEPT: TimeDelta = TimeDelta::days(90);

const LATE: &str = "UPDATE reply_probe SET state = 'lost', settled_at = $1, claim_token = NULL
    WHERE what = 'probe' AND state IN ('scheduled', 'sending', 'waiting') AND due_at <= $1 RETURNING id, accepted_at, trouble";

/// While nothing may be sent, nothing can come back.
const PAUSED: &str = "UPDATE reply_probe SET due_at = $1 WHERE what = 'probe' AND state = 'scheduled'";

const LAST: &str = "SELECT max(owed_at) AS at FROM reply_probe WHERE what = $1";

const BOARD: &str = "SELECT id FROM board ORDER BY id LIMIT 1";

const INSERT: &str = "INSERT INTO reply_probe (id, what, board_id, recipient, state, lane, wake_at, tries, owed_at, due_at)
    SELECT id, what, board_id, recipient, 'scheduled', lane, at, 0, at, due_at FROM v";

const FORGET: &str = "DELETE FROM reply_probe WHERE owed_at < $1 AND state NOT IN ('scheduled', 'sending', 'waiting')";

impl Ledger {
    /// Owes the next mail to ourselves when it is time, and an alarm for one that is late.
    pub(crate) async fn probe_reply_path(&self) -> Result<Done, LedgerError> {
        let done = Done { progress: json!({}), again_in: LOOK_EVERY };
        let Some(probing) = self.reply_probing() else { return Ok(done) };
        let (now, backend) = (self.clock().now(), self.database().backend());
        let is_paused = audit::are_excused(self.last_pause().await?.as_ref(), now);
        let transaction = self.database().begin().await?;
        let run = |statement: &'static str, values: Vec<Value>| Statement::from_sql_and_values(backend, statement, values);
        if is_paused {
            transaction.execute_raw(run(PAUSED, vec![(now + probing.within).into()])).await?;
        }
        let late = transaction.query_all_raw(run(LATE, vec![now.into()])).await?;
        let mut is_due = false;
        if let Some(board) = board(&transaction).await? {
            if !late.is_empty() {
                tracing::error!(
                    "a mail to our own reply address did not come back: answers of applicants may be lost; `hearback doctor` looks for why"
                );
                is_due |= self.owe_alarm(&transaction, board, now).await?;
            }
            let next = last(&transaction, "probe").await?.map(|last| last + probing.every);
            if !is_paused && next.is_none_or(|next| next <= now) {
                self.owe_probe(&transaction, ProbeWhat::Probe, board, None, now, now + probing.within).await?;
                is_due = true;
            }
        }
        transaction.execute_raw(run(FORGET, vec![(now - KEPT).into()])).await?;
        transaction.commit().await?;
        if is_due {
            self.wake();
        }
        Ok(done)
    }

    async fn owe_alarm(&self, transaction: &Transaction, board: Uuid, now: DateTime<Utc>) -> Result<bool, LedgerError> {
        let Some(person) = self.fallback() else {
            tracing::error!("nobody can be told of it: set organisation.fallback");
            return Ok(false);
        };
        if last(transaction, "alarm").await?.is_some_and(|last| now < last + TELL_AGAIN) {
            return Ok(false);
        }
        let due_at = now + self.policy().deliver_within;
        self.owe_probe(transaction, ProbeWhat::Alarm, board, Some(person.to_string()), now, due_at).await?;
        Ok(true)
    }

    async fn owe_probe(
        &self,
        transaction: &Transaction,
        what: ProbeWhat,
        board: Uuid,
        recipient: Option<String>,
        now: DateTime<Utc>,
        due_at: DateTime<Utc>,
    ) -> Result<ReplyProbeId, LedgerError> {
        let columns = [
            Column::Uuid("id"),
            Column::Text("what"),
            Column::Uuid("board_id"),
            Column::Text("recipient"),
            Column::Int("lane"),
            Column::Time("at"),
            Column::Time("due_at"),
        ];
        let id: ReplyProbeId = self.ids().next();
        let row = [
            id.uuid().into(),
            what.as_str().to_owned().into(),
            board.into(),
            recipient.into(),
            Cell::Int(LANES[0].into()),
            now.into(),
            due_at.into(),
        ];
        transaction.execute_raw(Rows::new(columns, [row]).statement(transaction.get_database_backend(), INSERT)).await?;
        Ok(id)
    }

    /// One at once, whenever the last one was: for somebody who waits for it. `None` before there is a board to write from.
    pub async fn probe_reply_path_now(&self, within: TimeDelta) -> Result<Option<ReplyProbeId>, LedgerError> {
        let (now, transaction) = (self.clock().now(), self.database().begin().await?);
        let Some(board) = board(&transaction).await? else { return Ok(None) };
        let id = self.owe_probe(&transaction, ProbeWhat::Probe, board, None, now, now + within).await?;
        crate::wake::tell(&transaction).await?;
        transaction.commit().await?;
        self.wake();
        Ok(Some(id))
    }

    /// What became of it so far.
    pub async fn reply_probe(&self, id: ReplyProbeId) -> Result<Option<ReplyProbe>, LedgerError> {
        const SELECT: &str = "SELECT state, owed_at, accepted_at, trouble FROM reply_probe WHERE id = $1 AND what = 'probe'";
        self.read_probe(SELECT, vec![id.uuid().into()]).await
    }

    /// The last one of which it is known.
    pub(crate) async fn last_reply_probe(&self) -> Result<Option<ReplyProbe>, LedgerError> {
        const SELECT: &str =
            "SELECT state, owed_at, accepted_at, trouble FROM reply_probe WHERE what = 'probe' AND state IN ('returned', 'lost')
            ORDER BY owed_at DESC, id DESC LIMIT 1";
        self.read_probe(SELECT, Vec::new()).await
    }

    async fn read_probe(&self, select: &str, values: Vec<Value>) -> Result<Option<ReplyProbe>, LedgerError> {
        let database = self.database();
        // From the writer: on SQLite a reader may look at a moment ago.
        let row = database.writer().query_one_raw(Statement::from_sql_and_values(database.backend(), select, values)).await?;
        let Some(row) = row else { return Ok(None) };
        let state: String = row.try_get("", "state")?;
        let outcome = match state.as_str() {
            "returned" => ProbeOutcome::Returned,
            "lost" => ProbeOutcome::Lost,
            _ => ProbeOutcome::Open,
        };
        let (owed_at, accepted_at, trouble) = (row.try_get("", "owed_at")?, row.try_get("", "accepted_at")?, row.try_get("", "trouble")?);
        Ok(Some(ReplyProbe { owed_at, accepted_at, outcome, trouble }))
    }
}

/// Whose sender our own mails have.
async fn board(transaction: &Transaction) -> Result<Option<Uuid>, LedgerError> {
    let row = transaction.query_one_raw(Statement::from_string(transaction.get_database_backend(), BOARD)).await?;
    Ok(row.map(|row| row.try_get("", "id")).transpose()?)
}

async fn last(transaction: &Transaction, what: &str) -> Result<Option<DateTime<Utc>>, LedgerError> {
    let statement = Statement::from_sql_and_values(transaction.get_database_backend(), LAST, [what.into()]);
    let row = transaction.query_one_raw(statement).await?;
    Ok(row.map(|row| row.try_get("", "at")).transpose()?.flatten())
}
