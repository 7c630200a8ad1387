//! Open messages whose application is gone: no worker can send them, and nobody is there to be told.

use hearback_domain::promise::CancelReason;
use sea_orm::{ConnectionTrait, Statement};
use uuid::Uuid;

use super::{AT_ONCE, Damage, Mode, Repaired, repair::report};
use crate::{
    Ledger, LedgerError,
    change::execute,
    rows::{Cell, Column, Rows},
};

/// By the two indexes that have only a part of all messages: those that are told and settled need no application.
const ORPHANS: &str = "SELECT n.id, n.application_id FROM notification n WHERE n.state IN ('scheduled', 'sending')
    AND NOT EXISTS (SELECT 1 FROM application a WHERE a.id = n.application_id)
    UNION ALL SELECT n.id, n.application_id FROM notification n WHERE n.state NOT IN ('scheduled', 'sending') AND n.state IN ('waiting', 'held')
    AND NOT EXISTS (SELECT 1 FROM application a WHERE a.id = n.application_id) LIMIT $1";

/// The row stays, and says why.
const CLOSE: &str = "UPDATE notification SET state = 'cancelled', cancel_reason = v.reason, settled_at = v.now, claim_token = NULL
    FROM v WHERE notification.id = v.id AND state || '' IN ('waiting', 'scheduled', 'sending', 'held')";

impl Ledger {
    pub(super) async fn repair_orphans(&self, mode: Mode) -> Result<Vec<Repaired>, LedgerError> {
        let mut repaired: Vec<Repaired> = Vec::new();
        loop {
            let found = self.orphans(AT_ONCE).await?;
            let now = self.clock().now();
            for (_, application) in &found {
                let orphaned = Repaired { application: (*application).into(), damage: vec![Damage::OrphanRow] };
                if repaired.last() != Some(&orphaned) {
                    repaired.push(orphaned);
                }
            }
            if found.is_empty() || mode == Mode::Look {
                break;
            }
            let transaction = self.database().begin().await?;
            let columns = [Column::Uuid("id"), Column::Text("reason"), Column::Time("now")];
            let row =
                |(id, _): &(Uuid, Uuid)| -> [Cell; 3] { [(*id).into(), CancelReason::Orphaned.as_str().to_owned().into(), now.into()] };
            execute(&transaction, Rows::new(columns, found.iter().map(row)), CLOSE).await?;
            transaction.commit().await?;
        }
        if mode == Mode::Repair {
            report(&repaired);
        }
        Ok(repaired)
    }

    async fn orphans(&self, most: usize) -> Result<Vec<(Uuid, Uuid)>, LedgerError> {
        let database = self.database();
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let statement = Statement::from_sql_and_values(database.backend(), ORPHANS, [most.into()]);
        let rows = database.reader().query_all_raw(statement).await?;
        rows.iter().map(|row| Ok((row.try_get("", "id")?, row.try_get("", "application_id")?))).collect()
    }
}
