//! What is known of an address beside what stands in it: that it refuses mail, that whoever reads it reported a mail of ours, and where a
//! message went before the address was corrected.

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

/// The previous release knows of neither, and sends as it did. `complained_of` is the message that was reported; without `sent_to`, a message
/// went where its application says.
const STATEMENTS: &str = "
ALTER TABLE candidate ADD COLUMN refused_at {time};
ALTER TABLE candidate ADD COLUMN complained_at {time};
ALTER TABLE candidate ADD COLUMN complained_of {uuid};
ALTER TABLE notification ADD COLUMN sent_to text;

CREATE INDEX candidate_complained_idx ON candidate (complained_at) WHERE complained_of IS NOT NULL;
";
