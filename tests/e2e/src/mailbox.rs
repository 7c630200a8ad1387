//! What applicants were told.

use std::time::Duration;

use hearback_ledger::{CapturedMail, Ledger, Page};
use tokio::time::{Instant, sleep};

/// Longer than anything takes that is going to happen.
const PATIENCE: Duration = Duration::from_secs(15);

const LOOK_AGAIN: Duration = Duration::from_millis(10);

const ALL: u64 = 10_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    pub message_id: String,
    pub to: String,
    pub subject: String,
}

/// Oldest first.
pub(crate) async fn mails(ledger: &Ledger) -> Vec<Mail> {
    let kept = ledger.captured_mails(Page { after: None, limit: ALL }).await.expect("the mailbox can be read");
    kept.into_iter().rev().map(Mail::from).collect()
}

/// As soon as there are `count` of them, or more.
pub(crate) async fn mails_after(ledger: &Ledger, count: usize) -> Vec<Mail> {
    let began = Instant::now();
    loop {
        let mails = mails(ledger).await;
        if mails.len() >= count {
            return mails;
        }
        assert!(began.elapsed() < PATIENCE, "only {} of {count} mails came: {mails:?}", mails.len());
        sleep(LOOK_AGAIN).await;
    }
}

impl From<CapturedMail> for Mail {
    fn from(kept: CapturedMail) -> Self {
        let CapturedMail { id: _, mail, captured_at: _ } = kept;
        Self { message_id: mail.message_id, to: mail.recipient.to_string(), subject: mail.subject }
    }
}
