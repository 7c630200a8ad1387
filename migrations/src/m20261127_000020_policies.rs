//! What a board or a job promises otherwise than the organisation, and the changes of policy after which what is owed is derived again.

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

/// The previous release knows no overrides: it decides by the organisation's policy until it is replaced. `job_id` and `board_id` are both
/// empty where the organisation's own policy changed; what it changed to is in `after` alone, for it stands in no table.
const STATEMENTS: &str = "
ALTER TABLE board ADD COLUMN policy {json};
ALTER TABLE job ADD COLUMN policy {json};

CREATE TABLE policy_change (
    id {uuid} NOT NULL CONSTRAINT policy_change_pkey PRIMARY KEY,
    board_id {uuid} CONSTRAINT policy_change_board_id_fkey REFERENCES board (id),
    job_id {uuid} CONSTRAINT policy_change_job_id_fkey REFERENCES job (id),
    before {json} NOT NULL,
    after {json} NOT NULL,
    actor_kind text NOT NULL,
    actor_id text,
    on_behalf_of text,
    created_at {time} NOT NULL,
    seen_to {uuid},
    examined integer NOT NULL,
    changed integer NOT NULL,
    finished_at {time}
) {table};

CREATE INDEX policy_change_open_idx ON policy_change (id) WHERE finished_at IS NULL;
CREATE INDEX policy_change_board_idx ON policy_change (board_id, id);
CREATE INDEX policy_change_job_idx ON policy_change (job_id, id);
";
