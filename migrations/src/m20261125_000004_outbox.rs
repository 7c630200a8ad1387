//! What people do to the outbox: why they cancelled a message, and that nothing is sent for now. And the index that shows the outbox
//! without reading what millions of messages became.

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

/// A pause that nobody ended is the one that holds, and there is one at most. Those that ended stay, for whoever asks why nothing went
/// out that night. Scheduled and sending messages are not in the new index: each would cost it two more entries on its way out.
const STATEMENTS: &str = "
ALTER TABLE notification ADD COLUMN cancel_words text;

CREATE INDEX notification_outbox_idx ON notification (state, due_at, id) WHERE state NOT IN ('scheduled', 'sending');

CREATE TABLE outbox_pause (
    id {uuid} NOT NULL CONSTRAINT outbox_pause_pkey PRIMARY KEY,
    paused_at {time} NOT NULL,
    reason text NOT NULL,
    actor_kind text NOT NULL,
    actor_id text NOT NULL,
    on_behalf_of text,
    resumed_at {time},
    resumed_by_kind text,
    resumed_by_id text,
    resumed_on_behalf_of text,
    CONSTRAINT outbox_pause_resumed_check CHECK (resumed_at IS NULL OR (resumed_by_kind IS NOT NULL AND resumed_by_id IS NOT NULL))
) {table};

CREATE UNIQUE INDEX outbox_pause_holds_key ON outbox_pause ((resumed_at IS NULL)) WHERE resumed_at IS NULL;
";
