//! What applicants and the organisation write to each other: the messages, until when a reply is to be answered, and who was told of it.

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

/// `digest` is over what makes a message the same one, whichever way it comes. A mail to staff with an `occasion` tells of one
/// conversation (or of mail that belongs to none) and does not wait for the hour of all others: the index that allows a person one
/// mail at a time leaves those out.
const STATEMENTS: &str = "
CREATE TABLE message (
    id {uuid} NOT NULL CONSTRAINT message_pkey PRIMARY KEY,
    application_id {uuid} NOT NULL CONSTRAINT message_application_id_fkey REFERENCES application (id),
    direction text NOT NULL CONSTRAINT message_direction_check CHECK (direction IN ('received', 'sent')),
    channel text NOT NULL CONSTRAINT message_channel_check CHECK (channel IN ('mail', 'page', 'api')),
    actor_kind text NOT NULL,
    actor_id text NOT NULL,
    on_behalf_of text,
    at {time} NOT NULL,
    from_address text,
    subject text,
    text text NOT NULL,
    html text,
    left_out integer NOT NULL,
    digest {bytes} NOT NULL,
    mail_message_id text,
    in_reply_to text,
    thread text,
    inbound_mail_id {uuid} CONSTRAINT message_inbound_mail_id_fkey REFERENCES inbound_mail (id),
    notification_id {uuid} CONSTRAINT message_notification_id_fkey REFERENCES notification (id),
    staff_mail_id {uuid} CONSTRAINT message_staff_mail_id_fkey REFERENCES staff_mail (id),
    person text,
    nobody {bool} NOT NULL,
    CONSTRAINT message_once_key UNIQUE (application_id, direction, digest),
    CONSTRAINT message_nobody_check CHECK (staff_mail_id IS NULL OR NOT nobody)
) {table};

CREATE INDEX message_application_idx ON message (application_id, id);
CREATE INDEX message_untold_idx ON message (id) WHERE staff_mail_id IS NULL AND direction = 'received';
CREATE INDEX message_staff_mail_idx ON message (staff_mail_id, id) WHERE staff_mail_id IS NOT NULL;
CREATE INDEX message_notification_idx ON message (notification_id) WHERE notification_id IS NOT NULL;
CREATE INDEX message_inbound_mail_idx ON message (inbound_mail_id) WHERE inbound_mail_id IS NOT NULL;

ALTER TABLE application ADD COLUMN answer_since {time};
ALTER TABLE application ADD COLUMN answer_by {time};
ALTER TABLE application ADD COLUMN answer_alarmed_at {time};
CREATE INDEX application_answer_idx ON application (answer_by, id) WHERE answer_by IS NOT NULL;

ALTER TABLE attachment ADD COLUMN message_id {uuid} CONSTRAINT attachment_message_id_fkey REFERENCES message (id);

ALTER TABLE staff_mail ADD COLUMN application_id {uuid} CONSTRAINT staff_mail_application_id_fkey REFERENCES application (id);
ALTER TABLE staff_mail ADD COLUMN occasion text;
DROP INDEX staff_mail_open_key;
CREATE UNIQUE INDEX staff_mail_open_key ON staff_mail (recipient, is_test)
    WHERE state IN ('scheduled', 'sending') AND occasion IS NULL;
CREATE INDEX staff_mail_conversation_idx ON staff_mail (application_id, id) WHERE application_id IS NOT NULL;
CREATE INDEX staff_mail_stray_idx ON staff_mail (recipient, send_after) WHERE occasion = 'stray';

ALTER TABLE inbound_mail ADD COLUMN message_id {uuid} CONSTRAINT inbound_mail_message_id_fkey REFERENCES message (id);
ALTER TABLE inbound_mail ADD COLUMN staff_mail_id {uuid} CONSTRAINT inbound_mail_staff_mail_id_fkey REFERENCES staff_mail (id);
ALTER TABLE inbound_mail ADD COLUMN guess_id {uuid} CONSTRAINT inbound_mail_guess_id_fkey REFERENCES application (id);
ALTER TABLE inbound_mail ADD COLUMN stray text;
ALTER TABLE inbound_mail ADD COLUMN sender text;
ALTER TABLE inbound_mail ADD COLUMN subject text;
ALTER TABLE inbound_mail ADD COLUMN words text;
CREATE INDEX inbound_mail_staff_mail_idx ON inbound_mail (staff_mail_id, id) WHERE staff_mail_id IS NOT NULL;
CREATE INDEX inbound_mail_human_idx ON inbound_mail (id) WHERE state IN ('done', 'held') AND kind IN ('reply', 'challenge', 'unknown')
    AND message_id IS NULL AND staff_mail_id IS NULL;
";
