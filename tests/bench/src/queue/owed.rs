//! Acknowledgements that are owed, put on record the way applications are.

use std::fmt::Write;

use anyhow::ensure;
use futures::{StreamExt, TryStreamExt, stream};
use hearback_domain::ids::JobId;
use hearback_ledger::Ledger;
use hearback_testkit::database::DatabaseKind;

use crate::{database::Session, organisation};

/// As many as the ledger commits together.
const AT_ONCE: usize = 256;

/// Whether the worker has to make the mails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mails {
    ToBeComposed,
    /// As an earlier try would have left them that may have been sent: kept to the byte, to be sent again as they are.
    Prepared,
}

/// All of them due at once; everything before them is settled.
pub(crate) async fn owe(ledger: &Ledger, session: &mut Session, job: JobId, messages: usize, mails: Mails) -> anyhow::Result<()> {
    let before = session.number("SELECT count(*) FROM application").await? as usize;
    let submissions = stream::iter(before..before + messages).map(|number| ledger.submit(organisation::application(job, number)));
    submissions.buffer_unordered(AT_ONCE).try_for_each(|_| async { Ok(()) }).await?;
    if mails == Mails::Prepared {
        session.execute(&prepare(session.kind())).await?;
    }
    // What the preparation left behind is not the claim's to clean.
    let tidy = match session.kind() {
        DatabaseKind::Sqlite => "PRAGMA wal_checkpoint(TRUNCATE)",
        DatabaseKind::Postgres => "VACUUM (ANALYZE) notification; VACUUM (ANALYZE) application; CHECKPOINT",
    };
    for statement in tidy.split("; ") {
        session.execute(statement).await?;
    }
    let owed = session.number("SELECT count(*) FROM notification WHERE state = 'scheduled'").await?;
    ensure!(owed == messages as i64, "{owed} messages are owed instead of {messages}");
    Ok(())
}

/// As long as the text of an acknowledgement.
pub(crate) fn text() -> String {
    "Thank you for applying. A person reads what you sent. ".repeat(11)
}

fn prepare(kind: DatabaseKind) -> String {
    let text = text();
    let raw = format!("Subject: We have your application\r\n\r\n{text}\r\n");
    let bytes = |bytes: &[u8]| {
        let hex = bytes.iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").expect("a string takes all that is written to it");
            hex
        });
        match kind {
            DatabaseKind::Sqlite => format!("X'{hex}'"),
            DatabaseKind::Postgres => format!("'\\x{hex}'"),
        }
    };
    format!(
        "UPDATE notification SET maybe_sent = true, subject = 'We have your application', text_part = '{text}',
         template_version = '0123456789ab', sha256 = {}, raw = {} WHERE state = 'scheduled'",
        bytes(&[7; 32]),
        bytes(raw.as_bytes())
    )
}
