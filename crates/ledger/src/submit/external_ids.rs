//! An application that another system knows by an id of its own is there once under that id: a unique index says so, and what is looked up
//! before keeps neighbours of a batch from being written one by one for it.

use hearback_domain::ids::ApplicationId;
use sea_orm::{ConnectionTrait, SqlErr};

use super::Submission;
use crate::{
    Ledger, LedgerError,
    change::execute,
    database::Transaction,
    rows::{Cell, Column, Rows},
};

const TAKEN: &str = "SELECT v.number FROM v JOIN application a ON a.job_id = v.job_id AND a.external_id = v.external_id";

/// The places of those whose external id is on record.
pub(super) async fn taken(ledger: &Ledger, submissions: &[&Submission]) -> Result<Vec<usize>, LedgerError> {
    let named = submissions.iter().enumerate().filter_map(|(at, submission)| {
        let external_id = submission.external_id.clone()?;
        Some([Cell::Int(i64::try_from(at).expect("a batch is small")), submission.job.uuid().into(), external_id.into()])
    });
    let rows = Rows::new([Column::Int("number"), Column::Uuid("job_id"), Column::Text("external_id")], named);
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let database = ledger.database();
    let found = database.reader().query_all_raw(rows.statement(database.backend(), TAKEN)).await?;
    let place = |row: &sea_orm::QueryResult| Ok(usize::try_from(row.try_get::<i64>("", "number")?).unwrap_or(usize::MAX));
    found.iter().map(place).collect()
}

const ASSIGN: &str = "UPDATE application SET external_id = v.external_id FROM v WHERE application.id = v.id";

/// Afterwards, and not with the rest: hardly any application has one, and every one would pay for the column.
pub(super) async fn assign<'a>(
    transaction: &Transaction,
    written: impl Iterator<Item = (ApplicationId, &'a Submission)>,
) -> Result<(), LedgerError> {
    let named = written.filter_map(|(id, submission)| Some([id.uuid().into(), submission.external_id.clone()?.into()]));
    execute(transaction, Rows::new([Column::Uuid("id"), Column::Text("external_id")], named), ASSIGN).await
}

/// PostgreSQL names the index, SQLite its columns.
pub(crate) fn is_taken(error: &LedgerError) -> bool {
    let (LedgerError::Unavailable(error) | LedgerError::Refused(error)) = error else { return false };
    match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(text)) => {
            ["application_external_id_key", "application.job_id, application.external_id"].iter().any(|name| text.contains(name))
        }
        _ => false,
    }
}
