//! Mail that came in: kept, claimed, and done with. What a mail means, others say.

mod claim;
pub(crate) mod keep;
mod record_answer;
pub(crate) mod record_bounce;
mod record_complaint;
pub(crate) mod record_reply;
mod record_staff_bounce;
#[cfg(test)]
mod reply_tests;
mod stray;
#[cfg(test)]
mod tests;
pub(crate) mod together;
#[cfg(test)]
mod together_tests;
pub(crate) mod understood;

use hearback_domain::{
    ids::{ApplicationId, NotificationId, StaffMailId},
    reply_token::ReplyClaim,
};
use sea_orm::{ConnectionTrait, Statement};
use uuid::Uuid;

pub use claim::{ClaimedInboundMail, InboundClaim, InboundMail};
pub use record_answer::{Answer, AnswerRecorded};
pub use record_bounce::{Bounce, Recorded};
pub use record_complaint::Complained;
pub use record_reply::{Reply, ReplyRecorded};
pub use record_staff_bounce::StaffBounced;
pub use stray::StrayMail;
use understood::end;
pub use understood::{InboundEnd, Understood};

use crate::{Ledger, LedgerError};

/// Bytes of a mail that comes along with others: nearly every one. Larger ones are written and read alone.
const SMALL: usize = 64 << 10;

impl Ledger {
    /// Whether we made the address, with any of the keys there are.
    pub async fn is_our_address(&self, claim: &ReplyClaim) -> Result<bool, LedgerError> {
        // Another process may have made a key since these were read.
        Ok(claim.is_ours(&self.link_keys()) || claim.is_ours(self.read_link_keys().await?.as_ref()))
    }

    /// Whose message it is; `None` if it is not on record.
    pub async fn application_of_message(&self, id: NotificationId) -> Result<Option<ApplicationId>, LedgerError> {
        const SELECT: &str = "SELECT application_id FROM notification WHERE id = $1";
        let database = self.database();
        let row = database.reader().query_one_raw(Statement::from_sql_and_values(database.backend(), SELECT, [id.uuid().into()])).await?;
        Ok(row.map(|row| row.try_get::<Uuid>("", "application_id")).transpose()?.map(ApplicationId::from))
    }

    /// Of whose conversation a mail to a person told, if it is about one.
    pub async fn application_of_staff_mail(&self, id: StaffMailId) -> Result<Option<ApplicationId>, LedgerError> {
        const SELECT: &str = "SELECT application_id FROM staff_mail WHERE id = $1";
        let database = self.database();
        let row = database.reader().query_one_raw(Statement::from_sql_and_values(database.backend(), SELECT, [id.uuid().into()])).await?;
        Ok(row.map(|row| row.try_get::<Option<Uuid>>("", "application_id")).transpose()?.flatten().map(ApplicationId::from))
    }

    /// Whether there is a message with this id: what a Message-ID says of itself is no proof.
    pub async fn has_message(&self, id: NotificationId) -> Result<bool, LedgerError> {
        const SELECT: &str = "SELECT id FROM notification WHERE id = $1";
        let database = self.database();
        let row = database.reader().query_one_raw(Statement::from_sql_and_values(database.backend(), SELECT, [id.uuid().into()])).await?;
        Ok(row.is_some())
    }
}

/// What another server said, as it can be stored and shown: no control characters (PostgreSQL takes no NUL), and no endless text.
fn kept(said: &str) -> String {
    const MOST: usize = 2_000;
    said.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MOST).collect()
}
