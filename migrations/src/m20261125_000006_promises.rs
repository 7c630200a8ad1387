//! The dates that decisions go by: when to act on the next word, until when a decision is due and who is told next that it is not there,
//! the last interview, and what a person told.

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

/// The previous release writes no `next_word_at`: then the promise's date is the date to act on, as it was. What it wrote as told last to
/// whoever knows how it ended is the outcome.
const STATEMENTS: &str = "
ALTER TABLE application ADD COLUMN next_word_at {time};
ALTER TABLE application ADD COLUMN decide_from {time};
ALTER TABLE application ADD COLUMN decide_by {time};
ALTER TABLE application ADD COLUMN decide_alert_at {time};
ALTER TABLE application ADD COLUMN decide_rung text;
ALTER TABLE application ADD COLUMN last_interview_at {time};
ALTER TABLE application ADD COLUMN decision_told_at {time};
ALTER TABLE application ADD COLUMN told_otherwise text;

UPDATE application SET next_word_at = next_word_by WHERE next_word_by IS NOT NULL;
UPDATE application SET decision_told_at = told_at WHERE shown_status IN ('rejected', 'hired') AND told_at IS NOT NULL;

DROP INDEX application_next_word_idx;
CREATE INDEX application_next_word_idx ON application
    ((CASE WHEN next_word_at < next_word_by THEN next_word_at ELSE next_word_by END))
    WHERE status = 'active' AND carried_by IS NULL AND next_word_kind <> 'received';
CREATE INDEX application_decision_idx ON application (decide_alert_at)
    WHERE status = 'active' AND carried_by IS NULL AND decide_alert_at IS NOT NULL;
";
