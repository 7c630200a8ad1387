//! Mail that came in: kept before the mail server hears 250, and understood from here.

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

/// `digest` is over recipient and mail: what a mail server sends again after a lost answer is the same row. `held` is for a person, with
/// the reason in `result`.
const STATEMENTS: &str = "
CREATE TABLE inbound_mail (
    id {uuid} NOT NULL CONSTRAINT inbound_mail_pkey PRIMARY KEY,
    digest {bytes} NOT NULL CONSTRAINT inbound_mail_digest_key UNIQUE,
    envelope_from text NOT NULL,
    recipient text NOT NULL,
    received_at {time} NOT NULL,
    state text NOT NULL,
    lane integer NOT NULL,
    wake_at {time} NOT NULL,
    claim_token {uuid},
    tries integer NOT NULL,
    kind text,
    result text,
    notification_id {uuid} CONSTRAINT inbound_mail_notification_id_fkey REFERENCES notification (id),
    settled_at {time},
    raw {bytes} NOT NULL,
    CONSTRAINT inbound_mail_state_check CHECK (state IN ('scheduled', 'working', 'done', 'held')),
    CONSTRAINT inbound_mail_settled_check CHECK (state IN ('scheduled', 'working') OR (settled_at IS NOT NULL AND result IS NOT NULL))
) {table};

CREATE INDEX inbound_mail_due_idx ON inbound_mail (lane, wake_at, id) WHERE state IN ('scheduled', 'working');
CREATE INDEX inbound_mail_notification_idx ON inbound_mail (notification_id, id) WHERE notification_id IS NOT NULL;
CREATE INDEX inbound_mail_held_idx ON inbound_mail (id) WHERE state = 'held';
";
