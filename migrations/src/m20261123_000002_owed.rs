//! What is owed and when: the rows that are claimed. A row that says what is owed is the row that a worker takes, so that nothing can
//! be owed without being queued or queued twice.

use sea_orm_migration::prelude::*;

use crate::dialect;

#[derive(DeriveMigrationName)]
pub(crate) struct Step;

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, STATEMENTS).await?;
        if manager.get_database_backend() == sea_orm_migration::sea_orm::DbBackend::Postgres {
            dialect::run(manager, POSTGRES).await?;
        }
        Ok(())
    }
}

const STATEMENTS: &str = "
CREATE TABLE notification (
    id {uuid} NOT NULL CONSTRAINT notification_pkey PRIMARY KEY,
    application_id {uuid} NOT NULL CONSTRAINT notification_application_id_fkey REFERENCES application (id),
    kind text NOT NULL,
    state text NOT NULL,
    lane integer NOT NULL,
    wake_at {time} NOT NULL,
    due_at {time} NOT NULL,
    send_after {time} NOT NULL,
    claim_token {uuid},
    tries integer NOT NULL,
    maybe_sent {bool} NOT NULL,
    cancel_requested {bool} NOT NULL,
    stage text,
    words text,
    promised_by {time},
    hold_reason text,
    cancel_reason text,
    settled_at {time},
    relay text,
    reply text,
    subject text,
    text_part text,
    template_version text,
    sha256 {bytes},
    raw {bytes},
    CONSTRAINT notification_state_check
        CHECK (state IN ('waiting', 'scheduled', 'sending', 'sent', 'bounced', 'undeliverable', 'held', 'cancelled')),
    CONSTRAINT notification_held_check CHECK (state <> 'held' OR hold_reason IS NOT NULL),
    CONSTRAINT notification_sent_check CHECK (state <> 'sent' OR (settled_at IS NOT NULL AND reply IS NOT NULL))
) {table};

CREATE INDEX notification_due_idx ON notification (lane, wake_at, id) WHERE state IN ('scheduled', 'sending');
CREATE UNIQUE INDEX notification_head_key ON notification (application_id) WHERE state IN ('scheduled', 'sending', 'held');
CREATE INDEX notification_application_idx ON notification (application_id, id);

CREATE TABLE try (
    id {uuid} NOT NULL CONSTRAINT try_pkey PRIMARY KEY,
    notification_id {uuid} NOT NULL,
    at {time} NOT NULL,
    outcome text NOT NULL,
    reason text NOT NULL,
    relay text
) {table};

CREATE INDEX try_notification_idx ON try (notification_id, id);

CREATE TABLE periodic (
    id {uuid} NOT NULL CONSTRAINT periodic_pkey PRIMARY KEY,
    name text NOT NULL,
    state text NOT NULL CONSTRAINT periodic_state_check CHECK (state IN ('scheduled', 'running')),
    lane integer NOT NULL,
    wake_at {time} NOT NULL,
    claim_token {uuid},
    tries integer NOT NULL,
    progress {json} NOT NULL,
    CONSTRAINT periodic_name_key UNIQUE (name)
) {table};

CREATE INDEX periodic_due_idx ON periodic (lane, wake_at, id) WHERE state IN ('scheduled', 'running');

CREATE TABLE captured_mail (
    id {uuid} NOT NULL CONSTRAINT captured_mail_pkey PRIMARY KEY,
    message_id text NOT NULL,
    envelope_from text NOT NULL,
    recipient text NOT NULL,
    subject text NOT NULL,
    raw {bytes} NOT NULL,
    captured_at {time} NOT NULL
) {table};
";

/// Claimed rows are written three times within seconds: room on their page keeps the table from spreading, and the default vacuum
/// threshold (a fifth of the table) would let millions of dead index entries pile up in front of the next claim.
const POSTGRES: &str = "
ALTER TABLE notification SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 20000);
ALTER TABLE application SET (fillfactor = 80);
";
