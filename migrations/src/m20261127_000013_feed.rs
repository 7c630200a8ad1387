//! In which order events became visible. On PostgreSQL an event's id is made before its transaction commits, so a reader who goes by ids alone
//! may pass one that is not there yet. With the transaction's number it reads what lies behind every transaction that is still open.
//!
//! SQLite has one writer at a time, and makes the ids while it holds the lock: their order is the order of the commits.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

use crate::dialect;

#[derive(DeriveMigrationName)]
pub(crate) struct Step;

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        match manager.get_database_backend() {
            DbBackend::Sqlite => Ok(()),
            _ => dialect::run(manager, STATEMENTS).await,
        }
    }
}

// The default comes after the column, so that no row is written anew: what was there before has none, and counts as older than all.
const STATEMENTS: &str = "
ALTER TABLE event ADD COLUMN xid xid8;
ALTER TABLE event ALTER COLUMN xid SET DEFAULT pg_current_xact_id();
CREATE INDEX event_feed_idx ON event ((COALESCE(xid, '0'::xid8)), id);
";
