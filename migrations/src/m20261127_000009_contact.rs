//! Who is not to be contacted: a keyed hash of the address, which survives the erasure of everything else.

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
CREATE TABLE do_not_contact (
    digest {bytes} NOT NULL,
    reason text NOT NULL CONSTRAINT do_not_contact_reason_check CHECK (reason IN ('asked_not_to', 'complained')),
    at {time} NOT NULL,
    CONSTRAINT do_not_contact_pkey PRIMARY KEY (digest, reason)
) {table};
";
