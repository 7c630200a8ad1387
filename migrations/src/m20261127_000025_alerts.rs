//! A person is told of decisions that are due, and once a day of everybody who waits.

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

/// A cause is about a message, or about an application and the date by which it was to be decided: each person is told of a date once.
/// SQLite cannot let a column be null that was not, so the table is made again; the previous release writes and reads what it knows of it.
///
/// A digest waits for its mail like a cause does. It is made once for each person and day, whoever looks, and names nobody: applications
/// by their ids.
const STATEMENTS: &str = "
CREATE TABLE staff_cause_before AS SELECT * FROM staff_cause;
DROP TABLE staff_cause;
CREATE TABLE staff_cause (
    id {uuid} NOT NULL CONSTRAINT staff_cause_pkey PRIMARY KEY,
    notification_id {uuid},
    application_id {uuid},
    due_at {time},
    cause text NOT NULL,
    tries integer NOT NULL,
    at {time} NOT NULL,
    staff_mail_id {uuid} CONSTRAINT staff_cause_staff_mail_id_fkey REFERENCES staff_mail (id),
    person text,
    nobody {bool} NOT NULL,
    CONSTRAINT staff_cause_once_key UNIQUE (notification_id, cause, tries),
    CONSTRAINT staff_cause_date_key UNIQUE (application_id, cause, due_at),
    CONSTRAINT staff_cause_about_check CHECK ((notification_id IS NULL) <> (application_id IS NULL)
        AND (application_id IS NULL) = (due_at IS NULL)),
    CONSTRAINT staff_cause_nobody_check CHECK (staff_mail_id IS NULL OR NOT nobody)
) {table};
INSERT INTO staff_cause (id, notification_id, cause, tries, at, staff_mail_id, person, nobody)
    SELECT id, notification_id, cause, tries, at, staff_mail_id, person, nobody FROM staff_cause_before;
DROP TABLE staff_cause_before;

CREATE INDEX staff_cause_untold_idx ON staff_cause (id) WHERE staff_mail_id IS NULL;
CREATE INDEX staff_cause_mail_idx ON staff_cause (staff_mail_id, id);

CREATE INDEX application_alarmed_idx ON application (id)
    WHERE status = 'active' AND carried_by IS NULL AND decide_rung IN ('manager', 'applicant');

CREATE TABLE staff_digest (
    id {uuid} NOT NULL CONSTRAINT staff_digest_pkey PRIMARY KEY,
    recipient text NOT NULL,
    day text NOT NULL,
    at {time} NOT NULL,
    board_id {uuid} NOT NULL CONSTRAINT staff_digest_board_id_fkey REFERENCES board (id),
    content {json} NOT NULL,
    staff_mail_id {uuid} CONSTRAINT staff_digest_staff_mail_id_fkey REFERENCES staff_mail (id),
    CONSTRAINT staff_digest_once_key UNIQUE (recipient, day)
) {table};

CREATE INDEX staff_digest_unsent_idx ON staff_digest (id) WHERE staff_mail_id IS NULL;
CREATE INDEX staff_digest_mail_idx ON staff_digest (staff_mail_id) WHERE staff_mail_id IS NOT NULL;
CREATE INDEX staff_digest_at_idx ON staff_digest (at);
";
