//! Mails to the organisation's own people: what they are told of, and the due rows that tell them.

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

/// A person has one mail at a time that is on its way: what happens until it is taken goes into it, or into the next. A cause without a
/// mail is still to be told; `nobody` says that there is no address left to tell it to.
const STATEMENTS: &str = "
CREATE TABLE staff_mail (
    id {uuid} NOT NULL CONSTRAINT staff_mail_pkey PRIMARY KEY,
    recipient text NOT NULL,
    is_test {bool} NOT NULL,
    board_id {uuid} NOT NULL CONSTRAINT staff_mail_board_id_fkey REFERENCES board (id),
    kind text NOT NULL,
    state text NOT NULL,
    lane integer NOT NULL,
    wake_at {time} NOT NULL,
    due_at {time} NOT NULL,
    send_after {time} NOT NULL,
    claim_token {uuid},
    tries integer NOT NULL,
    maybe_sent {bool} NOT NULL,
    trouble text,
    settled_at {time},
    relay text,
    reply text,
    subject text,
    text_part text,
    template_version text,
    sha256 {bytes},
    raw {bytes},
    CONSTRAINT staff_mail_state_check CHECK (state IN ('scheduled', 'sending', 'sent', 'undeliverable', 'held')),
    CONSTRAINT staff_mail_given_up_check CHECK (state NOT IN ('undeliverable', 'held') OR trouble IS NOT NULL),
    CONSTRAINT staff_mail_sent_check CHECK (state <> 'sent' OR (settled_at IS NOT NULL AND reply IS NOT NULL))
) {table};

CREATE INDEX staff_mail_due_idx ON staff_mail (lane, wake_at, id) WHERE state IN ('scheduled', 'sending');
CREATE UNIQUE INDEX staff_mail_open_key ON staff_mail (recipient, is_test) WHERE state IN ('scheduled', 'sending');
CREATE INDEX staff_mail_recipient_idx ON staff_mail (recipient, is_test, settled_at);
CREATE INDEX staff_mail_given_up_idx ON staff_mail (id) WHERE state IN ('undeliverable', 'held');

CREATE TABLE staff_cause (
    id {uuid} NOT NULL CONSTRAINT staff_cause_pkey PRIMARY KEY,
    notification_id {uuid} NOT NULL,
    cause text NOT NULL,
    tries integer NOT NULL,
    at {time} NOT NULL,
    staff_mail_id {uuid} CONSTRAINT staff_cause_staff_mail_id_fkey REFERENCES staff_mail (id),
    person text,
    nobody {bool} NOT NULL,
    CONSTRAINT staff_cause_once_key UNIQUE (notification_id, cause, tries),
    CONSTRAINT staff_cause_nobody_check CHECK (staff_mail_id IS NULL OR NOT nobody)
) {table};

CREATE INDEX staff_cause_untold_idx ON staff_cause (id) WHERE staff_mail_id IS NULL;
CREATE INDEX staff_cause_mail_idx ON staff_cause (staff_mail_id, id);

CREATE INDEX notification_refused_idx ON notification (settled_at, id) WHERE state IN ('undeliverable', 'bounced');
";
