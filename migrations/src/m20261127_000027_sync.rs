//! What other systems keep in step by: their own ids of applications, a version that says whether a record changed since it was seen, and
//! the name under which a request and what came of it are found again.

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

/// The previous release raises no version: what it changes is found by whoever compares the whole record, and not by the two who look at the
/// same moment. `trace` is empty unless whoever asked named the request.
const STATEMENTS: &str = "
ALTER TABLE application ADD COLUMN external_id text;
ALTER TABLE application ADD COLUMN version integer NOT NULL DEFAULT 0;
ALTER TABLE board ADD COLUMN version integer NOT NULL DEFAULT 0;
ALTER TABLE job ADD COLUMN version integer NOT NULL DEFAULT 0;
ALTER TABLE webhook_endpoint ADD COLUMN version integer NOT NULL DEFAULT 0;

CREATE UNIQUE INDEX application_external_id_key ON application (job_id, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX application_external_id_idx ON application (external_id, id) WHERE external_id IS NOT NULL;
CREATE INDEX job_external_id_idx ON job (external_id, id) WHERE external_id IS NOT NULL;

ALTER TABLE event ADD COLUMN trace text;
ALTER TABLE notification ADD COLUMN trace text;
ALTER TABLE webhook_delivery ADD COLUMN trace text;
";
