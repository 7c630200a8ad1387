//! Mails that the capture transport kept instead of sending. In a table, so that every process sees them.

use chrono::{DateTime, Utc};
use hearback_domain::{EmailAddress, ids::CapturedMailId};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::{
    Ledger, LedgerError, Page,
    entity::captured_mail,
    rows::{Cell, Column, Rows},
};

/// A mail as a relay would have got it.
#[derive(Clone, PartialEq, Eq)]
pub struct MailToKeep {
    pub message_id: String,
    pub envelope_from: EmailAddress,
    pub recipient: EmailAddress,
    pub subject: String,
    /// RFC 5322, lines ended by CR LF.
    pub raw: Vec<u8>,
}

/// A mail that was kept.
#[derive(Clone, PartialEq, Eq)]
pub struct CapturedMail {
    pub id: CapturedMailId,
    pub mail: MailToKeep,
    pub captured_at: DateTime<Utc>,
}

/// Debug output ends in logs, where texts must not.
impl std::fmt::Debug for MailToKeep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MailToKeep").field("message_id", &self.message_id).field("recipient", &self.recipient).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for CapturedMail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CapturedMail").field("id", &self.id).field("mail", &self.mail).finish_non_exhaustive()
    }
}

const INSERT: &str = "INSERT INTO captured_mail (id, message_id, envelope_from, recipient, subject, raw, captured_at)
    SELECT id, message_id, envelope_from, recipient, subject, raw, captured_at FROM v";

impl Ledger {
    /// Keeps all of them, or none. They are on disk when this returns.
    pub async fn keep_mails(&self, mails: Vec<MailToKeep>) -> Result<(), LedgerError> {
        let now = self.clock().now();
        let columns = [
            Column::Uuid("id"),
            Column::Text("message_id"),
            Column::Text("envelope_from"),
            Column::Text("recipient"),
            Column::Text("subject"),
            Column::Bytes("raw"),
            Column::Time("captured_at"),
        ];
        let rows = mails.into_iter().map(|mail| {
            let MailToKeep { message_id, envelope_from, recipient, subject, raw } = mail;
            let id = Cell::Uuid(self.ids().next::<CapturedMailId>().uuid());
            let [envelope_from, recipient] = [envelope_from, recipient].map(|address| Cell::Text(address.to_string()));
            [id, Cell::Text(message_id), envelope_from, recipient, Cell::Text(subject), Cell::Bytes(raw), Cell::Time(now)]
        });
        let statement = Rows::new(columns, rows).statement(self.database().backend(), INSERT);
        self.database().writer().execute_raw(statement).await?;
        Ok(())
    }

    /// The newest first; `page.after` is the oldest that was already seen.
    pub async fn captured_mails(&self, page: Page<CapturedMailId>) -> Result<Vec<CapturedMail>, LedgerError> {
        let mut query = captured_mail::Entity::find();
        if let Some(after) = page.after {
            query = query.filter(captured_mail::Column::Id.lt(after.uuid()));
        }
        let rows = query.order_by_desc(captured_mail::Column::Id).limit(page.limit).all(self.database().reader()).await?;
        rows.into_iter().map(CapturedMail::try_from).collect()
    }

    pub async fn captured_mail(&self, id: CapturedMailId) -> Result<Option<CapturedMail>, LedgerError> {
        let row = captured_mail::Entity::find_by_id(id.uuid()).one(self.database().reader()).await?;
        row.map(CapturedMail::try_from).transpose()
    }
}

impl TryFrom<captured_mail::Model> for CapturedMail {
    type Error = LedgerError;

    fn try_from(row: captured_mail::Model) -> Result<Self, LedgerError> {
        let captured_mail::Model { id, message_id, envelope_from, recipient, subject, raw, captured_at } = row;
        let mail = MailToKeep {
            message_id,
            envelope_from: envelope_from.parse().map_err(|error| LedgerError::unreadable("captured_mail", error))?,
            recipient: recipient.parse().map_err(|error| LedgerError::unreadable("captured_mail", error))?,
            subject,
            raw,
        };
        Ok(Self { id: id.into(), mail, captured_at })
    }
}

#[cfg(test)]
mod tests {
    use hearback_testkit::{database::DatabaseKind, on_both_databases};

    use super::*;
    use crate::opened::{Opened, open};

    fn mail(number: u8) -> MailToKeep {
        MailToKeep {
            message_id: format!("<{number}@example.com>"),
            envelope_from: "bounce@example.com".parse().unwrap(),
            recipient: "ada@example.net".parse().unwrap(),
            subject: format!("\"Grüße\" {{{number}}}"),
            raw: vec![0, b'\r', b'\n', 0xff, number],
        }
    }

    on_both_databases! {
        async fn a_captured_mail_is_the_mail_that_was_handed_over(kind: DatabaseKind) {
            let Opened { ledger, database: _kept, .. } = open(kind).await;
            ledger.keep_mails((0..5).map(mail).collect()).await.unwrap();
            ledger.keep_mails(vec![]).await.unwrap();
            ledger.keep_mails(vec![mail(5)]).await.unwrap();
            let newest = ledger.captured_mails(Page { after: None, limit: 4 }).await.unwrap();
            assert_eq!(newest.iter().map(|kept| kept.mail.clone()).collect::<Vec<_>>(), [5, 4, 3, 2].map(mail));
            let older = ledger.captured_mails(Page { after: Some(newest[3].id), limit: 4 }).await.unwrap();
            assert_eq!(older.iter().map(|kept| kept.mail.clone()).collect::<Vec<_>>(), [1, 0].map(mail));
            assert_eq!(ledger.captured_mail(newest[0].id).await.unwrap().as_ref(), newest.first());
            assert_eq!(ledger.captured_mail(ledger.ids().next()).await.unwrap(), None);
        }
    }
}
