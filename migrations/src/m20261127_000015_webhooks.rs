//! Who is told by HTTP what happens, how far each has been told, and the due rows that tell them.

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

/// An endpoint is never deleted while its deliveries are kept: `deleted_at` hides both. `source_id` is the event, the message or, for a
/// ping, the delivery itself. A source is walked over twice (`look`): what was committed late is found by the second one.
const STATEMENTS: &str = "
CREATE TABLE webhook_endpoint (
    id {uuid} NOT NULL CONSTRAINT webhook_endpoint_pkey PRIMARY KEY,
    board_id {uuid} CONSTRAINT webhook_endpoint_board_id_fkey REFERENCES board (id),
    is_test {bool} NOT NULL,
    url text NOT NULL,
    types text NOT NULL,
    secret {bytes} NOT NULL,
    old_secret {bytes},
    old_secret_until {time},
    is_enabled {bool} NOT NULL,
    disabled_for text,
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    deleted_at {time},
    CONSTRAINT webhook_endpoint_old_secret_check CHECK ((old_secret IS NULL) = (old_secret_until IS NULL))
) {table};

CREATE TABLE webhook_cursor (
    endpoint_id {uuid} NOT NULL CONSTRAINT webhook_cursor_endpoint_id_fkey REFERENCES webhook_endpoint (id),
    source text NOT NULL,
    look text NOT NULL,
    seen_at {time} NOT NULL,
    seen_id {uuid} NOT NULL,
    CONSTRAINT webhook_cursor_pkey PRIMARY KEY (endpoint_id, source, look)
) {table};

CREATE TABLE webhook_delivery (
    id {uuid} NOT NULL CONSTRAINT webhook_delivery_pkey PRIMARY KEY,
    endpoint_id {uuid} NOT NULL CONSTRAINT webhook_delivery_endpoint_id_fkey REFERENCES webhook_endpoint (id),
    type text NOT NULL,
    source_id {uuid} NOT NULL,
    payload text NOT NULL,
    state text NOT NULL,
    lane integer NOT NULL,
    wake_at {time} NOT NULL,
    claim_token {uuid},
    tries integer NOT NULL,
    created_at {time} NOT NULL,
    settled_at {time},
    CONSTRAINT webhook_delivery_once_key UNIQUE (endpoint_id, source_id, type),
    CONSTRAINT webhook_delivery_state_check CHECK (state IN ('scheduled', 'sending', 'delivered', 'dead')),
    CONSTRAINT webhook_delivery_settled_check CHECK ((state IN ('delivered', 'dead')) = (settled_at IS NOT NULL))
) {table};

CREATE INDEX webhook_delivery_due_idx ON webhook_delivery (lane, wake_at, id) WHERE state IN ('scheduled', 'sending');
CREATE INDEX webhook_delivery_sending_idx ON webhook_delivery (endpoint_id) WHERE state = 'sending';
CREATE INDEX webhook_delivery_endpoint_idx ON webhook_delivery (endpoint_id, id);
CREATE INDEX webhook_delivery_settled_idx ON webhook_delivery (settled_at, id) WHERE state IN ('delivered', 'dead');

CREATE TABLE webhook_try (
    id {uuid} NOT NULL CONSTRAINT webhook_try_pkey PRIMARY KEY,
    delivery_id {uuid} NOT NULL,
    at {time} NOT NULL,
    status integer,
    duration_ms integer NOT NULL,
    trouble text
) {table};

CREATE INDEX webhook_try_delivery_idx ON webhook_try (delivery_id, id);

CREATE INDEX notification_settled_idx ON notification (settled_at, id) WHERE state IN ('sent', 'bounced', 'undeliverable');
";
