//! Captured mails go into the ledger, those of one moment together.

use async_trait::async_trait;
use hearback_ledger::{Ledger, MailToKeep};
use hearback_mailer::transport::capture::{CaptureStore, CaptureStoreError, CapturedMail};
use tokio::sync::{mpsc, oneshot};

/// The most that one transaction takes, and the most that wait.
const BATCH: usize = 256;

/// Keeps mails where every process on the same database sees them.
#[derive(Clone, Debug)]
pub struct LedgerCapture(mpsc::Sender<Waiting>);

#[derive(Debug)]
struct Waiting {
    mail: MailToKeep,
    kept: oneshot::Sender<Result<(), String>>,
}

impl LedgerCapture {
    /// Within a tokio runtime: a task writes what comes in, until the last clone is gone.
    pub fn new(ledger: Ledger) -> Self {
        let (sender, waiting) = mpsc::channel(BATCH);
        tokio::spawn(keep(ledger, waiting));
        Self(sender)
    }
}

async fn keep(ledger: Ledger, mut waiting: mpsc::Receiver<Waiting>) {
    let mut batch = Vec::with_capacity(BATCH);
    while waiting.recv_many(&mut batch, BATCH).await > 0 {
        let (mails, answers): (Vec<_>, Vec<_>) = batch.drain(..).map(|Waiting { mail, kept }| (mail, kept)).unzip();
        let result = ledger.keep_mails(mails).await.map_err(|error| error.to_string());
        for answer in answers {
            // Whoever handed it over may be gone; it is kept all the same.
            let _ = answer.send(result.clone());
        }
    }
}

#[async_trait]
impl CaptureStore for LedgerCapture {
    async fn append(&self, mail: CapturedMail) -> Result<(), CaptureStoreError> {
        let CapturedMail { message_id, envelope_from, to, subject, raw } = mail;
        let mail = MailToKeep { message_id, envelope_from, recipient: to, subject, raw };
        let (kept, is_kept) = oneshot::channel();
        let gone = |_| CaptureStoreError("the program is ending".to_owned());
        self.0.send(Waiting { mail, kept }).await.map_err(|_| gone(()))?;
        is_kept.await.map_err(|_| gone(()))?.map_err(CaptureStoreError)
    }
}
