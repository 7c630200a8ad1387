//! Recruiters write to applicants. What of an applicant's is answered by it is known only when a relay has accepted the answer.

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

/// Of a message to an applicant: it answers what they wrote until then, and nothing that came after its writer had looked.
const STATEMENTS: &str = "
ALTER TABLE message ADD COLUMN answers_until {time};
";
