//! Alerts that a decision puts on record, in its own transaction.

use chrono::{DateTime, Utc};
use hearback_domain::{
    ids::{ApplicationId, StaffCauseId},
    staff::Cause,
};

use sea_orm::ConnectionTrait;

use crate::{
    Ledger, LedgerError,
    change::execute,
    database::Transaction,
    rows::{Cell, Column, Rows},
};

/// Somebody has to hear that an application is not decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DecisionCause {
    pub(crate) application: ApplicationId,
    pub(crate) cause: Cause,
    /// When the decision is due.
    pub(crate) due_at: DateTime<Utc>,
}

/// A policy that goes to and fro, or a look that is repeated, tells nobody of the same date again.
const INSERT: &str = "INSERT INTO staff_cause (id, application_id, cause, due_at, tries, at, nobody)
    SELECT id, application_id, cause, due_at, 0, at, false FROM v WHERE true ON CONFLICT (application_id, cause, due_at) DO NOTHING";

pub(crate) async fn note_causes(
    ledger: &Ledger,
    transaction: &Transaction,
    causes: Vec<DecisionCause>,
    now: DateTime<Utc>,
) -> Result<(), LedgerError> {
    execute(transaction, rows(ledger, causes, now), INSERT).await
}

impl Ledger {
    /// The same for those that were to be on record and are not.
    pub(super) async fn note_again(&self, causes: Vec<DecisionCause>) -> Result<(), LedgerError> {
        let rows = rows(self, causes, self.now());
        if !rows.is_empty() {
            self.database().writer().execute_raw(rows.statement(self.database().backend(), INSERT)).await?;
        }
        Ok(())
    }
}

fn rows(ledger: &Ledger, causes: Vec<DecisionCause>, now: DateTime<Utc>) -> Rows<5> {
    let columns = [Column::Uuid("id"), Column::Uuid("application_id"), Column::Text("cause"), Column::Time("due_at"), Column::Time("at")];
    let row = |DecisionCause { application, cause, due_at }: DecisionCause| -> [Cell; 5] {
        let id = ledger.ids().next::<StaffCauseId>().uuid();
        [id.into(), application.uuid().into(), cause.as_str().to_owned().into(), due_at.into(), now.into()]
    };
    Rows::new(columns, causes.into_iter().map(row))
}
