//! Mails to our own reply address: whether answers of applicants find their way back is only known while somebody tries it.

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

/// `probe` is a mail to ourselves, and back by `due_at`, or lost; one that comes later counts all the same. `alarm` is the mail to a person
/// about one that was lost.
const STATEMENTS: &str = "
CREATE TABLE reply_probe (
    id {uuid} NOT NULL CONSTRAINT reply_probe_pkey PRIMARY KEY,
    what text NOT NULL,
    board_id {uuid} NOT NULL CONSTRAINT reply_probe_board_id_fkey REFERENCES board (id),
    recipient text,
    state text NOT NULL,
    lane integer NOT NULL,
    wake_at {time} NOT NULL,
    claim_token {uuid},
    tries integer NOT NULL,
    owed_at {time} NOT NULL,
    due_at {time} NOT NULL,
    accepted_at {time},
    settled_at {time},
    trouble text,
    CONSTRAINT reply_probe_what_check CHECK (what IN ('probe', 'alarm')),
    CONSTRAINT reply_probe_state_check CHECK (state IN ('scheduled', 'sending', 'waiting', 'returned', 'lost', 'sent')),
    CONSTRAINT reply_probe_recipient_check CHECK (what = 'probe' OR recipient IS NOT NULL),
    CONSTRAINT reply_probe_settled_check CHECK (state IN ('scheduled', 'sending', 'waiting') OR settled_at IS NOT NULL)
) {table};

CREATE INDEX reply_probe_due_idx ON reply_probe (lane, wake_at, id) WHERE state IN ('scheduled', 'sending');
CREATE INDEX reply_probe_owed_idx ON reply_probe (what, owed_at);
";
