//! What is on record: boards, jobs, candidates, their applications, and what happened to them.

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
CREATE TABLE board (
    id {uuid} NOT NULL CONSTRAINT board_pkey PRIMARY KEY,
    external_id text,
    organisation text NOT NULL,
    sender_address text NOT NULL,
    sender_name text NOT NULL,
    reply_to text NOT NULL,
    locale text NOT NULL,
    time_zone text NOT NULL,
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    CONSTRAINT board_external_id_key UNIQUE (external_id)
) {table};

CREATE TABLE job (
    id {uuid} NOT NULL CONSTRAINT job_pkey PRIMARY KEY,
    board_id {uuid} NOT NULL CONSTRAINT job_board_id_fkey REFERENCES board (id),
    external_id text,
    title text NOT NULL,
    owner text NOT NULL,
    manager text,
    time_zone text,
    status text NOT NULL CONSTRAINT job_status_check CHECK (status IN ('open', 'closed')),
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    CONSTRAINT job_external_id_key UNIQUE (board_id, external_id)
) {table};

CREATE TABLE candidate (
    id {uuid} NOT NULL CONSTRAINT candidate_pkey PRIMARY KEY,
    address text NOT NULL,
    created_at {time} NOT NULL,
    CONSTRAINT candidate_address_key UNIQUE (address)
) {table};

CREATE TABLE application (
    id {uuid} NOT NULL CONSTRAINT application_pkey PRIMARY KEY,
    job_id {uuid} NOT NULL CONSTRAINT application_job_id_fkey REFERENCES job (id),
    candidate_id {uuid} NOT NULL CONSTRAINT application_candidate_id_fkey REFERENCES candidate (id),
    name text NOT NULL,
    email text NOT NULL,
    locale text NOT NULL,
    time_zone text NOT NULL,
    is_test {bool} NOT NULL,
    received_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    stage text NOT NULL,
    status text NOT NULL,
    shown_stage text NOT NULL,
    shown_status text NOT NULL,
    rejection_reason text,
    internal_note text,
    exemption text,
    carried_by {uuid} CONSTRAINT application_carried_by_fkey REFERENCES application (id),
    next_word_kind text,
    next_word_by {time},
    told_at {time},
    promised_by {time},
    link_generation integer NOT NULL,
    CONSTRAINT application_status_check CHECK (status IN ('active', 'hired', 'rejected', 'withdrawn')),
    CONSTRAINT application_next_word_check
        CHECK (status <> 'active' OR carried_by IS NOT NULL OR (next_word_kind IS NOT NULL AND next_word_by IS NOT NULL))
) {table};

CREATE UNIQUE INDEX application_active_key ON application (job_id, candidate_id) WHERE status = 'active' AND carried_by IS NULL;
CREATE INDEX application_next_word_idx ON application (next_word_by)
    WHERE status = 'active' AND carried_by IS NULL AND next_word_kind = 'still_considering';
CREATE INDEX application_carried_by_idx ON application (carried_by) WHERE carried_by IS NOT NULL;
CREATE INDEX application_job_idx ON application (job_id, id);

CREATE TABLE event (
    id {uuid} NOT NULL CONSTRAINT event_pkey PRIMARY KEY,
    application_id {uuid} NOT NULL CONSTRAINT event_application_id_fkey REFERENCES application (id),
    kind text NOT NULL,
    at {time} NOT NULL,
    actor_kind text NOT NULL,
    actor_id text NOT NULL,
    on_behalf_of text,
    data {json} NOT NULL,
    owes {uuid},
    owed {json},
    CONSTRAINT event_owes_check CHECK ((owes IS NULL) = (owed IS NULL))
) {table};

CREATE INDEX event_application_idx ON event (application_id, id);

CREATE TABLE api_key (
    id {uuid} NOT NULL CONSTRAINT api_key_pkey PRIMARY KEY,
    kind text NOT NULL CONSTRAINT api_key_kind_check CHECK (kind IN ('publishable', 'secret')),
    is_test {bool} NOT NULL,
    board_id {uuid} CONSTRAINT api_key_board_id_fkey REFERENCES board (id),
    name text NOT NULL,
    secret_hash {bytes} NOT NULL,
    created_at {time} NOT NULL,
    revoked_at {time}
) {table};

CREATE TABLE idempotency_key (
    api_key_id {uuid} NOT NULL CONSTRAINT idempotency_key_api_key_id_fkey REFERENCES api_key (id),
    idempotency_key text NOT NULL,
    fingerprint {bytes} NOT NULL,
    application_id {uuid} NOT NULL,
    created_at {time} NOT NULL,
    CONSTRAINT idempotency_key_pkey PRIMARY KEY (api_key_id, idempotency_key)
) {table};

CREATE INDEX idempotency_key_created_at_idx ON idempotency_key (created_at);

CREATE TABLE signing_key (
    id integer NOT NULL CONSTRAINT signing_key_pkey PRIMARY KEY,
    secret {bytes} NOT NULL,
    created_at {time} NOT NULL
) {table};
";
