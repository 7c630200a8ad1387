//! An audit of a million applications must not read what every message became to find the one that is wrong.

use sea_orm_migration::prelude::*;

use crate::dialect;

#[derive(DeriveMigrationName)]
pub(crate) struct Step;

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, STATEMENTS).await
    }
}

/// In good times nothing is in them, so they cost a message nothing but the look at its state.
const STATEMENTS: &str = "
CREATE INDEX notification_unproven_idx ON notification (id)
    WHERE state = 'sent' AND (settled_at IS NULL OR reply IS NULL OR substr(reply, 1, 1) <> '2');
CREATE INDEX notification_unexplained_idx ON notification (id)
    WHERE (state = 'cancelled' AND cancel_reason IS NULL) OR (state = 'held' AND hold_reason IS NULL);
";
