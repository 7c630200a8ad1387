//! An applicant's data goes, and what was promised and kept stays countable.
//!
//! What is asked for is a row (`ask`): whether it may be, and what is owed to the applicant first, `domain::erasure` says. Work that comes
//! round (`carry_out`) looks at each until everything was said, and then takes the data out of every table in one transaction
//! (`anonymise`). A process that dies in the middle has erased nothing of the part that it was at. A day later it is looked at once more,
//! for what was still on its way. What the policy does not want kept is asked for by another work that comes round (`retain`).

mod anonymise;
mod ask;
mod carry_out;
mod personal_data;
mod retain;
mod scrub;
#[cfg(test)]
mod tests;
mod texts;

use chrono::{DateTime, Utc};
use hearback_domain::{
    actor::Actor,
    erasure::{Basis, Conflict, ErasureState, NoFinalWord, WaitsFor},
    ids::ApplicationId,
};
use sea_orm::{ConnectionTrait, FromQueryResult, QueryResult};
use uuid::Uuid;

pub use ask::Erase;
pub use personal_data::{Classified, PERSONAL_DATA, PersonalData};
pub use retain::PastRetention;

use crate::{
    Ledger, LedgerError,
    rows::{Column, Rows},
};

/// What was asked for, and how far it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erasure {
    pub application: ApplicationId,
    pub basis: Basis,
    /// Why no final message is sent.
    pub exemption: Option<NoFinalWord>,
    pub actor: Actor,
    pub asked_at: DateTime<Utc>,
    pub state: ErasureState,
    /// What it waits for, as far as anybody has looked.
    pub waits_for: Option<WaitsFor>,
    /// When it is looked at next.
    pub next_look: DateTime<Utc>,
    pub erased_at: Option<DateTime<Utc>>,
}

/// Why an application's data is not going to be erased.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EraseRefused {
    #[error("there is no such application")]
    NoSuchApplication,
    #[error(transparent)]
    Conflict(#[from] Conflict),
    /// Its record holds what this release cannot read.
    #[error("the application cannot be read: {0}")]
    Unreadable(String),
}

const SELECT: &str =
    "SELECT e.id, e.basis, e.exemption, e.actor_kind, e.actor_id, e.on_behalf_of, e.asked_at, e.state, e.wake_at, e.waits_for,
    e.erased_at FROM v JOIN erasure e ON e.id = v.id ORDER BY e.id";

impl Ledger {
    /// `None` if nobody asked for it.
    pub async fn erasure(&self, application: ApplicationId) -> Result<Option<Erasure>, LedgerError> {
        Ok(read(self.database().reader(), &[application]).await?.pop())
    }
}

async fn read(connection: &impl ConnectionTrait, ids: &[ApplicationId]) -> Result<Vec<Erasure>, LedgerError> {
    let rows = Rows::new([Column::Uuid("id")], ids.iter().map(|id| [id.uuid().into()]));
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let rows = connection.query_all_raw(rows.statement(connection.get_database_backend(), SELECT)).await?;
    rows.iter().map(Erasure::read).collect()
}

impl Erasure {
    fn read(row: &QueryResult) -> Result<Self, LedgerError> {
        #[derive(FromQueryResult)]
        struct Row {
            id: Uuid,
            basis: String,
            exemption: Option<String>,
            actor_kind: String,
            actor_id: String,
            on_behalf_of: Option<String>,
            asked_at: DateTime<Utc>,
            state: String,
            wake_at: DateTime<Utc>,
            waits_for: Option<String>,
            erased_at: Option<DateTime<Utc>>,
        }
        let row = Row::from_query_result(row, "")?;
        let Row { id, basis, exemption, actor_kind, actor_id, on_behalf_of, asked_at, state, wake_at, waits_for, erased_at } = row;
        let word = |error| LedgerError::unreadable("erasure", error);
        Ok(Self {
            application: id.into(),
            basis: basis.parse().map_err(word)?,
            exemption: exemption.as_deref().map(str::parse).transpose().map_err(word)?,
            actor: Actor { kind: actor_kind.parse().map_err(word)?, id: actor_id, on_behalf_of },
            asked_at,
            state: state.parse().map_err(word)?,
            waits_for: waits_for.as_deref().map(str::parse).transpose().map_err(word)?,
            next_look: wake_at,
            erased_at,
        })
    }
}
