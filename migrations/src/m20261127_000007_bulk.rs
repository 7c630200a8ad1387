//! What is done to many applications at once, as a due row; what it did to each; and when a job closed.

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

/// `reached` is the last application that was dealt with, `up_to` the last one that there was at the beginning. `mark` is younger than the
/// events of the change, and older than all that happened to the application afterwards. A job is closed by one operation at a time.
///
/// The previous release closes no job and knows no operation: a job that a statement closed has no `closed_at`.
const STATEMENTS: &str = "
CREATE TABLE bulk_operation (
    id {uuid} NOT NULL CONSTRAINT bulk_operation_pkey PRIMARY KEY,
    kind text NOT NULL,
    job_id {uuid} CONSTRAINT bulk_operation_job_id_fkey REFERENCES job (id),
    board_id {uuid} CONSTRAINT bulk_operation_board_id_fkey REFERENCES board (id),
    is_test {bool} NOT NULL,
    spec {json} NOT NULL,
    actor {json} NOT NULL,
    expected integer NOT NULL,
    up_to {uuid},
    state text NOT NULL,
    lane integer NOT NULL,
    wake_at {time} NOT NULL,
    claim_token {uuid},
    tries integer NOT NULL,
    reached {uuid},
    looked_twice {bool} NOT NULL,
    undone_by {json},
    stopped_by {json},
    created_at {time} NOT NULL,
    finished_at {time},
    CONSTRAINT bulk_operation_state_check CHECK (state IN ('scheduled', 'running', 'done', 'stopped', 'undone')),
    CONSTRAINT bulk_operation_finished_check CHECK ((finished_at IS NULL) = (state IN ('scheduled', 'running')))
) {table};

CREATE INDEX bulk_operation_due_idx ON bulk_operation (lane, wake_at, id) WHERE state IN ('scheduled', 'running');
CREATE UNIQUE INDEX bulk_operation_closing_key ON bulk_operation (job_id)
    WHERE kind = 'close_job' AND state IN ('scheduled', 'running');

CREATE TABLE bulk_item (
    operation_id {uuid} NOT NULL CONSTRAINT bulk_item_operation_id_fkey REFERENCES bulk_operation (id),
    application_id {uuid} NOT NULL CONSTRAINT bulk_item_application_id_fkey REFERENCES application (id),
    state text NOT NULL,
    reason text,
    was_stage text,
    mark {uuid} NOT NULL,
    at {time} NOT NULL,
    CONSTRAINT bulk_item_pkey PRIMARY KEY (operation_id, application_id),
    CONSTRAINT bulk_item_state_check CHECK (state IN ('done', 'passed_over', 'failed', 'undone', 'kept')),
    CONSTRAINT bulk_item_reason_check CHECK (state IN ('done', 'undone') OR reason IS NOT NULL)
) {table};

CREATE INDEX bulk_item_state_idx ON bulk_item (operation_id, state, application_id);

ALTER TABLE job ADD COLUMN closed_at {time};
ALTER TABLE job ADD COLUMN archived_at {time};
";
