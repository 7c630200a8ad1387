//! Rows that become due: claimed by one worker for the length of a lease, renewed, given back.
//!
//! Every table here has `state`, `lane`, `wake_at`, `claim_token` and `tries`, and a partial index `(lane, wake_at, id)` over its two
//! open states. `wake_at` is when a scheduled row may be claimed, and the end of the lease of a claimed one. What settling means is the
//! table's own affair.

mod cursor;
mod lanes;

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement, Value};
use uuid::Uuid;

pub(crate) use cursor::{Cursors, From};
pub(crate) use lanes::{LANES, Shares};

use crate::{
    LedgerError,
    database::Database,
    rows::{Cell, Column, Rows},
};

/// One kind of due rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Table {
    pub(crate) name: &'static str,
    /// The state of a claimed row.
    pub(crate) claimed: &'static str,
    /// More assignments of a claim, each with a comma in front.
    pub(crate) on_claim: &'static str,
    /// More conditions of a claim, each with AND in front.
    pub(crate) claimable: &'static str,
    pub(crate) returning: &'static str,
}

/// A claim to be made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    pub(crate) lane: i16,
    pub(crate) rows: u64,
    pub(crate) token: Uuid,
    pub(crate) now: DateTime<Utc>,
    pub(crate) lease_until: DateTime<Utc>,
    /// Only what stands behind this in the index.
    pub(crate) after: Option<(DateTime<Utc>, Uuid)>,
}

impl Table {
    /// Claims the oldest due rows of a lane that nobody else is claiming.
    pub(crate) async fn claim(&self, database: &Database, wanted: Wanted) -> Result<Vec<QueryResult>, DbErr> {
        let Self { name, claimed, on_claim, claimable, returning } = self;
        let Wanted { lane, rows, token, now, lease_until, after } = wanted;
        let backend = database.backend();
        let mut values: Vec<Value> =
            vec![token.into(), lease_until.into(), i32::from(lane).into(), now.into(), i64::try_from(rows).unwrap_or(i64::MAX).into()];
        let behind = match after {
            None => "",
            Some((wake_at, id)) => {
                values.extend([wake_at.into(), id.into()]);
                "AND (wake_at, id) > ($6, $7)"
            }
        };
        let due = format!(
            "SELECT id FROM {name} WHERE state IN ('scheduled', '{claimed}') AND lane = $3 AND wake_at <= $4 {behind} {claimable}
             ORDER BY wake_at, id LIMIT $5"
        );
        let these = match backend {
            DbBackend::Sqlite => format!("id IN ({due})"),
            // As an array: a subquery of IN may be planned as a join and run again for rows that others changed meanwhile.
            _ => format!("id = ANY(ARRAY({due} FOR UPDATE SKIP LOCKED))"),
        };
        let claim = format!(
            "UPDATE {name} SET state = '{claimed}', claim_token = $1, wake_at = $2, tries = tries + 1 {on_claim}
             WHERE {these} RETURNING id, {returning}"
        );
        database.writer().query_all_raw(Statement::from_sql_and_values(backend, claim, values)).await
    }

    /// Moves the ends of the leases that still hold, and returns whose they are.
    pub(crate) async fn renew(&self, database: &Database, claims: &[(Uuid, Uuid)], until: DateTime<Utc>) -> Result<Vec<Uuid>, LedgerError> {
        let Self { name, claimed, .. } = self;
        let rest = format!(
            "UPDATE {name} SET wake_at = v.until FROM v WHERE {name}.id = v.id AND claim_token = v.token AND state || '' = '{claimed}'
             RETURNING {name}.id"
        );
        let columns = [Column::Uuid("id"), Column::Uuid("token"), Column::Time("until")];
        let rows = Rows::new(columns, claims.iter().map(|(id, token)| [(*id).into(), (*token).into(), until.into()]));
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let renewed = database.writer().query_all_raw(rows.statement(database.backend(), &rest)).await?;
        renewed.iter().map(|row| Ok(row.try_get("", "id")?)).collect()
    }

    /// Gives rows back that nothing was done with: no try, and each due at its time.
    pub(crate) async fn release(&self, database: &Database, claims: &[(Uuid, Uuid, DateTime<Utc>)]) -> Result<(), LedgerError> {
        let Self { name, claimed, .. } = self;
        let rest = format!(
            "UPDATE {name} SET state = 'scheduled', wake_at = v.due, claim_token = NULL, tries = tries - 1
             FROM v WHERE {name}.id = v.id AND claim_token = v.token AND state || '' = '{claimed}'"
        );
        let columns = [Column::Uuid("id"), Column::Uuid("token"), Column::Time("due")];
        let rows = Rows::new(columns, claims.iter().map(|(id, token, due)| [(*id).into(), (*token).into(), Cell::Time(*due)]));
        if !rows.is_empty() {
            database.writer().execute_raw(rows.statement(database.backend(), &rest)).await?;
        }
        Ok(())
    }

    /// When the next row becomes due, after `now`. What is due already is not looked for: that is a claim's work.
    pub(crate) async fn next_due(&self, database: &Database, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, LedgerError> {
        let Self { name, claimed, claimable, .. } = self;
        let lane = |lane: &i16| {
            format!(
                "SELECT MIN(wake_at) AS wake_at FROM {name}
                 WHERE state IN ('scheduled', '{claimed}') AND lane = {lane} AND wake_at > $1 {claimable}"
            )
        };
        let next =
            format!("SELECT MIN(wake_at) AS wake_at FROM ({}) AS lanes", LANES.iter().map(lane).collect::<Vec<_>>().join(" UNION ALL "));
        let row = database.reader().query_one_raw(Statement::from_sql_and_values(database.backend(), next, [now.into()])).await?;
        Ok(row.map(|row| row.try_get("", "wake_at")).transpose()?.flatten())
    }
}
