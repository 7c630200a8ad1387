//! Files that came with an application, in parts, so that neither writing nor reading one needs all of it in memory at once.

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

const STATEMENTS: &str = "
CREATE TABLE attachment (
    id {uuid} NOT NULL CONSTRAINT attachment_pkey PRIMARY KEY,
    application_id {uuid} NOT NULL CONSTRAINT attachment_application_id_fkey REFERENCES application (id),
    role text NOT NULL CONSTRAINT attachment_role_check CHECK (role IN ('resume', 'other')),
    file_name text NOT NULL,
    media_type text NOT NULL,
    size integer NOT NULL,
    sha256 {bytes} NOT NULL,
    created_at {time} NOT NULL
) {table};

CREATE INDEX attachment_application_idx ON attachment (application_id, id);

CREATE TABLE attachment_part (
    attachment_id {uuid} NOT NULL CONSTRAINT attachment_part_attachment_id_fkey REFERENCES attachment (id),
    number integer NOT NULL,
    content {bytes} NOT NULL,
    CONSTRAINT attachment_part_pkey PRIMARY KEY (attachment_id, number)
) {table};
";
