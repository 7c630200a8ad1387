//! Applicants whose data is to be erased, and how far that came: what is owed to them goes out first, so it may take a while, and whoever
//! asks has to see that it is under way. And the indexes that lead from an application to all that was ever written down about it.

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

/// An erasure has the id of its application: there is one, however often it is asked for. `erased` is looked at once more, a day later, for
/// what was still on its way; then it is `settled`. `wake_at` is when to look next.
///
/// The previous release reads an erased application like any other: nothing in its columns is unreadable.
const STATEMENTS: &str = "
ALTER TABLE application ADD COLUMN erased_at {time};

CREATE TABLE erasure (
    id {uuid} NOT NULL CONSTRAINT erasure_pkey PRIMARY KEY CONSTRAINT erasure_id_fkey REFERENCES application (id),
    basis text NOT NULL,
    exemption text,
    actor_kind text NOT NULL,
    actor_id text NOT NULL,
    on_behalf_of text,
    asked_at {time} NOT NULL,
    state text NOT NULL,
    wake_at {time} NOT NULL,
    waits_for text,
    erased_at {time},
    CONSTRAINT erasure_state_check CHECK (state IN ('waiting', 'erased', 'settled')),
    CONSTRAINT erasure_erased_check CHECK ((state = 'waiting') = (erased_at IS NULL))
) {table};

CREATE INDEX erasure_due_idx ON erasure (wake_at, id) WHERE state IN ('waiting', 'erased');

CREATE INDEX application_ended_idx ON application (updated_at, id) WHERE status <> 'active' AND erased_at IS NULL;
CREATE INDEX bulk_item_application_idx ON bulk_item (application_id);
CREATE INDEX captured_mail_message_idx ON captured_mail (message_id);
CREATE INDEX inbound_mail_stranger_idx ON inbound_mail (lower(envelope_from)) WHERE notification_id IS NULL;
";
