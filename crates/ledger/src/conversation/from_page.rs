//! An applicant writes on their own page.

use hearback_domain::{
    actor::Actor,
    conversation::{Direction, LONGEST, Way},
    ids::{ApplicationId, MessageId},
};
use sha2::{Digest, Sha256};

use super::record::{NewMessage, Put, lately, plain, put};
use crate::{
    Ledger, LedgerError,
    change::{ATTEMPTS, Lock, lock},
    inbound::record_reply::replied,
};

/// Whoever has the link can write: not without end.
const MOST_AN_HOUR: i64 = 10;

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageReply {
    /// A person is told.
    Recorded(MessageId),
    /// The same had come before.
    OnRecord(MessageId),
    /// As much as people write in an hour came from this page already.
    TooMany,
    /// The application is not on record, or its applicant's data is erased.
    NoApplication,
}

impl Ledger {
    /// The message, the promise, the event and the mail to a person, as if it had come by mail. The same text after as many others
    /// (`once`) is the same message.
    pub async fn reply_from_page(&self, application: ApplicationId, text: &str, once: &str) -> Result<PageReply, LedgerError> {
        let mut attempt = 1;
        loop {
            match self.try_to_reply_from_page(application, text, once).await {
                Err(error) if error.is_lost_race() && attempt < ATTEMPTS => attempt += 1,
                other => return other,
            }
        }
    }

    async fn try_to_reply_from_page(&self, application: ApplicationId, text: &str, once: &str) -> Result<PageReply, LedgerError> {
        let transaction = self.database().begin().await?;
        let locked = lock(&transaction, &[application], Lock::Applications).await?.readable.remove(&application);
        let Some(locked) = locked.filter(|locked| !locked.is_erased) else { return Ok(PageReply::NoApplication) };
        let (now, text) = (self.clock().now(), plain(text.trim(), LONGEST));
        let digest: [u8; 32] =
            Sha256::new().chain_update(b"page\0").chain_update(once).chain_update([0]).chain_update(&text).finalize().into();
        if lately(&transaction, application, (Direction::Received, Way::Page), digest, now).await?.others >= MOST_AN_HOUR {
            return Ok(PageReply::TooMany);
        }
        let new = NewMessage {
            application,
            direction: Direction::Received,
            way: Way::Page,
            actor: Actor::applicant(),
            from_address: None,
            subject: None,
            text,
            html: None,
            left_out: 0,
            digest,
            mail_message_id: None,
            in_reply_to: None,
            thread: Vec::new(),
            inbound_mail: None,
            notification: None,
            answers_until: None,
        };
        let message = match put(self, &transaction, new, now).await? {
            Put::New(message) => message,
            Put::OnRecord(message) => return Ok(PageReply::OnRecord(message)),
        };
        let is_due = replied(self, &transaction, &[(&locked, message)], now).await?;
        transaction.commit().await?;
        if is_due {
            self.wake();
        }
        Ok(PageReply::Recorded(message))
    }
}
