//! Operations as they stand on record.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use hearback_domain::{
    actor::Actor,
    bulk::{ItemState, OperationKind, OperationState},
    ids::{ApplicationId, BoardId, JobId, OperationId},
};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{Spec, read_spec};
use crate::{Ledger, LedgerError, Page, decode::decoded};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    pub id: OperationId,
    pub kind: OperationKind,
    pub job: Option<JobId>,
    pub board: Option<BoardId>,
    pub is_test: bool,
    pub spec: Spec,
    pub actor: Actor,
    /// How many it was to reach when it began.
    pub expected: u32,
    pub state: OperationState,
    pub stopped_by: Option<Actor>,
    /// It is being taken back, or was.
    pub undone_by: Option<Actor>,
    pub counts: Counts,
    pub created_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
}

/// How many applications it dealt with so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub by_state: BTreeMap<ItemState, u64>,
    /// Of those that got no message, were passed over, failed or were kept: the reason's word.
    pub by_reason: BTreeMap<String, u64>,
    /// Of those that were changed: how many are owed a message about it.
    pub messages: u64,
}

/// What an operation did to one application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub application: ApplicationId,
    pub state: ItemState,
    pub reason: Option<String>,
    pub at: DateTime<Utc>,
}

/// Which operations a list shows; each condition narrows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OperationFilter {
    pub board: Option<BoardId>,
    pub job: Option<JobId>,
    pub is_test: Option<bool>,
}

#[derive(FromQueryResult)]
struct Row {
    id: Uuid,
    kind: String,
    job_id: Option<Uuid>,
    board_id: Option<Uuid>,
    is_test: bool,
    spec: String,
    actor: String,
    expected: i32,
    state: String,
    stopped_by: Option<String>,
    undone_by: Option<String>,
    created_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
}

#[derive(FromQueryResult)]
struct ItemRow {
    application_id: Uuid,
    state: String,
    reason: Option<String>,
    at: DateTime<Utc>,
}

const COLUMNS: &str = "id, kind, job_id, board_id, is_test, spec, actor, expected, state, stopped_by, undone_by, created_at, finished_at";

impl Ledger {
    pub async fn operation(&self, id: OperationId) -> Result<Option<Operation>, LedgerError> {
        let query = format!("SELECT {COLUMNS} FROM bulk_operation WHERE id = $1");
        let Some(row) = self.one(&query, vec![id.uuid().into()]).await? else { return Ok(None) };
        let mut operation = Operation::try_from(Row::from_query_result(&row, "")?)?;
        operation.counts = self.counts(id).await?;
        Ok(Some(operation))
    }

    /// The latest first.
    pub async fn operations(&self, filter: OperationFilter, page: Page<OperationId>) -> Result<Vec<Operation>, LedgerError> {
        let OperationFilter { board, job, is_test } = filter;
        let (mut conditions, mut values): (Vec<String>, Vec<Value>) = (vec!["1 = 1".to_owned()], Vec::new());
        let mut and = |condition: &str, value: Value| {
            values.push(value);
            conditions.push(format!("{condition} ${}", values.len()));
        };
        if let Some(after) = page.after {
            and("id <", after.uuid().into());
        }
        if let Some(board) = board {
            and("board_id =", board.uuid().into());
        }
        if let Some(job) = job {
            and("job_id =", job.uuid().into());
        }
        if let Some(is_test) = is_test {
            and("is_test =", is_test.into());
        }
        values.push(i64::try_from(page.limit).unwrap_or(i64::MAX).into());
        let (conditions, limit) = (conditions.join(" AND "), values.len());
        let query = format!("SELECT {COLUMNS} FROM bulk_operation WHERE {conditions} ORDER BY id DESC LIMIT ${limit}");
        let database = self.database();
        let rows = database.reader().query_all_raw(Statement::from_sql_and_values(database.backend(), query, values)).await?;
        let mut operations = Vec::with_capacity(rows.len());
        for row in rows {
            // One that cannot be read must not take the list along.
            match decoded("bulk_operation", || Operation::try_from(Row::from_query_result(&row, "")?)) {
                Ok(mut operation) => {
                    operation.counts = self.counts(operation.id).await?;
                    operations.push(operation);
                }
                Err(error) => tracing::error!(error, "left out of a list"),
            }
        }
        Ok(operations)
    }

    /// What it did, application by application.
    pub async fn operation_items(
        &self,
        id: OperationId,
        state: Option<ItemState>,
        page: Page<ApplicationId>,
    ) -> Result<Vec<Item>, LedgerError> {
        let after = page.after.map_or(Uuid::nil(), ApplicationId::uuid);
        let mut values: Vec<Value> = vec![id.uuid().into(), after.into(), i64::try_from(page.limit).unwrap_or(i64::MAX).into()];
        let of_state = match state {
            Some(state) => {
                values.push(state.as_str().into());
                "AND state = $4"
            }
            None => "",
        };
        let query = format!(
            "SELECT application_id, state, reason, at FROM bulk_item
             WHERE operation_id = $1 AND application_id > $2 {of_state} ORDER BY application_id LIMIT $3"
        );
        let database = self.database();
        let rows = database.reader().query_all_raw(Statement::from_sql_and_values(database.backend(), query, values)).await?;
        rows.iter().map(|row| Item::try_from(ItemRow::from_query_result(row, "")?)).collect()
    }

    async fn counts(&self, id: OperationId) -> Result<Counts, LedgerError> {
        const COUNT: &str = "SELECT state, reason, count(*) AS number FROM bulk_item WHERE operation_id = $1 GROUP BY state, reason";
        let database = self.database();
        let statement = Statement::from_sql_and_values(database.backend(), COUNT, [id.uuid().into()]);
        let mut counts = Counts::default();
        for row in database.reader().query_all_raw(statement).await? {
            let (state, reason): (String, Option<String>) = (row.try_get("", "state")?, row.try_get("", "reason")?);
            let number = u64::try_from(row.try_get::<i64>("", "number")?).unwrap_or_default();
            let state: ItemState = state.parse().map_err(|error| LedgerError::unreadable("bulk_item", error))?;
            *counts.by_state.entry(state).or_default() += number;
            match (state, reason) {
                (_, Some(reason)) => *counts.by_reason.entry(reason).or_default() += number,
                (ItemState::Done, None) => counts.messages += number,
                (ItemState::PassedOver | ItemState::Failed | ItemState::Undone | ItemState::Kept, None) => {}
            }
        }
        Ok(counts)
    }

    async fn one(&self, query: &str, values: Vec<Value>) -> Result<Option<sea_orm::QueryResult>, LedgerError> {
        let database = self.database();
        Ok(database.reader().query_one_raw(Statement::from_sql_and_values(database.backend(), query, values)).await?)
    }
}

/// As the row keeps it.
pub(super) fn actor_text(actor: &Actor) -> String {
    let Actor { kind, id, on_behalf_of } = actor;
    json!({ "kind": kind, "id": id, "on_behalf_of": on_behalf_of }).to_string()
}

pub(super) fn read_actor(text: &str) -> Result<Actor, LedgerError> {
    let unreadable = |error: &dyn std::fmt::Display| LedgerError::unreadable("bulk_operation", error);
    let json: Json = serde_json::from_str(text).map_err(|error| unreadable(&error))?;
    let word = |field: &str| json[field].as_str();
    Ok(Actor {
        kind: word("kind").ok_or_else(|| unreadable(&"an actor is of no kind"))?.parse().map_err(|error| unreadable(&error))?,
        id: word("id").ok_or_else(|| unreadable(&"an actor has no id"))?.to_owned(),
        on_behalf_of: word("on_behalf_of").map(str::to_owned),
    })
}

impl TryFrom<Row> for Operation {
    type Error = LedgerError;

    fn try_from(row: Row) -> Result<Self, LedgerError> {
        let Row { id, kind, job_id, board_id, is_test, spec, actor, expected, state, stopped_by, undone_by, created_at, finished_at } = row;
        let word = |error| LedgerError::unreadable("bulk_operation", error);
        Ok(Self {
            id: id.into(),
            kind: kind.parse().map_err(word)?,
            job: job_id.map(JobId::from),
            board: board_id.map(BoardId::from),
            is_test,
            spec: read_spec(id.into(), &spec)?,
            actor: read_actor(&actor)?,
            expected: u32::try_from(expected).map_err(|error| LedgerError::unreadable("bulk_operation", error))?,
            state: state.parse().map_err(word)?,
            stopped_by: stopped_by.as_deref().map(read_actor).transpose()?,
            undone_by: undone_by.as_deref().map(read_actor).transpose()?,
            counts: Counts::default(),
            created_at,
            finished_at,
        })
    }
}

impl TryFrom<ItemRow> for Item {
    type Error = LedgerError;

    fn try_from(row: ItemRow) -> Result<Self, LedgerError> {
        let ItemRow { application_id, state, reason, at } = row;
        let state = state.parse().map_err(|error| LedgerError::unreadable("bulk_item", error))?;
        Ok(Self { application: application_id.into(), state, reason, at })
    }
}
