//! What a key may do, from where, and until when; and the answers to requests that may be sent again.
//!
//! A release that knows nothing of them makes keys without scopes: those may do everything, as they could before.

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
ALTER TABLE api_key ADD COLUMN scopes text;
ALTER TABLE api_key ADD COLUMN origins text;
ALTER TABLE api_key ADD COLUMN last_used_at {time};
ALTER TABLE api_key ADD COLUMN expires_at {time};
ALTER TABLE api_key ADD COLUMN replaces {uuid};

CREATE TABLE repeatable (
    api_key_id {uuid} NOT NULL CONSTRAINT repeatable_api_key_id_fkey REFERENCES api_key (id),
    idempotency_key text NOT NULL,
    fingerprint {bytes} NOT NULL,
    claim_token {uuid} NOT NULL,
    lease_until {time} NOT NULL,
    created_at {time} NOT NULL,
    done_at {time},
    status integer,
    headers {json},
    body {bytes},
    CONSTRAINT repeatable_pkey PRIMARY KEY (api_key_id, idempotency_key),
    CONSTRAINT repeatable_answer_check CHECK ((status IS NULL) = (body IS NULL) AND (status IS NULL) = (headers IS NULL))
) {table};

CREATE INDEX repeatable_created_at_idx ON repeatable (created_at);
CREATE INDEX application_updated_at_idx ON application (updated_at, id);
CREATE INDEX event_at_idx ON event (at, id);
";
