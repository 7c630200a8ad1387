//! For the whole organisation: nothing is sent for now. What is owed goes on being owed.

use chrono::{DateTime, Utc};
use hearback_domain::actor::Actor;
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use uuid::Uuid;

use crate::{
    Ledger, LedgerError,
    rows::{Column, Rows},
    wake,
};

/// A time in which nothing is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    pub since: DateTime<Utc>,
    pub reason: String,
    pub by: Actor,
    /// `None` while it lasts.
    pub resumed: Option<Resumed>,
}

/// The end of a pause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resumed {
    pub at: DateTime<Utc>,
    pub by: Actor,
}

#[derive(FromQueryResult)]
struct Row {
    paused_at: DateTime<Utc>,
    reason: String,
    actor_kind: String,
    actor_id: String,
    on_behalf_of: Option<String>,
    resumed_at: Option<DateTime<Utc>>,
    resumed_by_kind: Option<String>,
    resumed_by_id: Option<String>,
    resumed_on_behalf_of: Option<String>,
}

const COLUMNS: &str =
    "paused_at, reason, actor_kind, actor_id, on_behalf_of, resumed_at, resumed_by_kind, resumed_by_id, resumed_on_behalf_of";

/// Whoever comes second finds the pause that holds.
const PAUSE: &str = "INSERT INTO outbox_pause (id, paused_at, reason, actor_kind, actor_id, on_behalf_of)
    SELECT id, paused_at, reason, actor_kind, actor_id, on_behalf_of FROM v WHERE true ON CONFLICT DO NOTHING";

const RESUME: &str = "UPDATE outbox_pause SET resumed_at = v.at, resumed_by_kind = v.kind, resumed_by_id = v.by_id,
    resumed_on_behalf_of = v.on_behalf_of FROM v WHERE outbox_pause.resumed_at IS NULL";

impl Ledger {
    /// From the commit on, no process claims a message; what workers have already is finished. Returns the pause that holds: an earlier one,
    /// if there was.
    pub async fn pause_outbox(&self, reason: &str, actor: &Actor) -> Result<Pause, LedgerError> {
        let Actor { kind, id: actor_id, on_behalf_of } = actor.clone();
        let columns = [
            Column::Uuid("id"),
            Column::Time("paused_at"),
            Column::Text("reason"),
            Column::Text("actor_kind"),
            Column::Text("actor_id"),
            Column::Text("on_behalf_of"),
        ];
        let id = Uuid::from_bytes(self.random().bytes());
        let (since, kind_word) = (self.clock().now(), kind.as_str().to_owned());
        let row = [id.into(), since.into(), reason.to_owned().into(), kind_word.into(), actor_id.into(), on_behalf_of.into()];
        let backend = self.database().backend();
        let transaction = self.database().begin().await?;
        transaction.execute_raw(Rows::new(columns, [row]).statement(backend, PAUSE)).await?;
        transaction.commit().await?;
        // One that another person ended at this very moment was a pause all the same.
        let mine = Pause { since, reason: reason.to_owned(), by: actor.clone(), resumed: None };
        Ok(self.outbox_pause().await?.unwrap_or(mine))
    }

    /// Ends the pause, and wakes every worker. Returns it as it ended; `None` if there was none.
    pub async fn resume_outbox(&self, actor: &Actor) -> Result<Option<Pause>, LedgerError> {
        let Some(mut pause) = self.outbox_pause().await? else { return Ok(None) };
        let Actor { kind, id, on_behalf_of } = actor.clone();
        let at = self.clock().now();
        let columns = [Column::Time("at"), Column::Text("kind"), Column::Text("by_id"), Column::Text("on_behalf_of")];
        let row = [at.into(), kind.as_str().to_owned().into(), id.into(), on_behalf_of.into()];
        let transaction = self.database().begin().await?;
        let ended = transaction.execute_raw(Rows::new(columns, [row]).statement(self.database().backend(), RESUME)).await?;
        wake::tell(&transaction).await?;
        transaction.commit().await?;
        self.wake();
        pause.resumed = Some(Resumed { at, by: actor.clone() });
        Ok((ended.rows_affected() > 0).then_some(pause))
    }

    /// The pause that holds now.
    pub async fn outbox_pause(&self) -> Result<Option<Pause>, LedgerError> {
        Ok(self.last_pause().await?.filter(|pause| pause.resumed.is_none()))
    }

    /// The one that holds, or else the one that ended last.
    pub(crate) async fn last_pause(&self) -> Result<Option<Pause>, LedgerError> {
        let database = self.database();
        let last =
            format!("SELECT {COLUMNS} FROM outbox_pause ORDER BY CASE WHEN resumed_at IS NULL THEN 0 ELSE 1 END, resumed_at DESC LIMIT 1");
        let row = database.reader().query_one_raw(Statement::from_string(database.backend(), last)).await?;
        row.map(|row| Pause::try_from(Row::from_query_result(&row, "")?)).transpose()
    }
}

impl TryFrom<Row> for Pause {
    type Error = LedgerError;

    fn try_from(row: Row) -> Result<Self, LedgerError> {
        let Row { paused_at, reason, actor_kind, actor_id, on_behalf_of, resumed_at, resumed_by_kind, resumed_by_id, resumed_on_behalf_of } =
            row;
        let word = |error| LedgerError::unreadable("outbox_pause", error);
        let resumed = match (resumed_at, resumed_by_kind, resumed_by_id) {
            (Some(at), Some(kind), Some(id)) => {
                Some(Resumed { at, by: Actor { kind: kind.parse().map_err(word)?, id, on_behalf_of: resumed_on_behalf_of } })
            }
            _ => None,
        };
        let by = Actor { kind: actor_kind.parse().map_err(word)?, id: actor_id, on_behalf_of };
        Ok(Self { since: paused_at, reason, by, resumed })
    }
}
