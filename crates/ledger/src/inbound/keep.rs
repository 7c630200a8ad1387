//! Puts a mail on record as it came, so that the mail server may forget it.

use hearback_domain::ids::InboundMailId;
use sea_orm::{ConnectionTrait, Statement, Value};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::kept;
use crate::{Ledger, LedgerError, due::LANES};

const INSERT: &str = "INSERT INTO inbound_mail (id, digest, envelope_from, recipient, received_at, state, lane, wake_at, tries, raw)
    VALUES ($1, $2, $3, $4, $5, 'scheduled', $6, $5, 0, $7) ON CONFLICT (digest) DO NOTHING";

const SAME: &str = "SELECT id FROM inbound_mail WHERE digest = $1";

impl Ledger {
    /// On record for each of its recipients, or for none. The same mail to the same recipient is on record once, however often it comes;
    /// its id is that of the first time.
    pub async fn keep_inbound_mail(
        &self,
        envelope_from: &str,
        recipients: &[String],
        raw: &[u8],
    ) -> Result<Vec<InboundMailId>, LedgerError> {
        let (now, backend) = (self.clock().now(), self.database().backend());
        // Ascending, so that two of the same never wait for each other.
        let mut digests: Vec<(Vec<u8>, &String)> = recipients.iter().map(|recipient| (digest(recipient, raw), recipient)).collect();
        digests.sort();
        digests.dedup();
        let transaction = self.database().begin().await?;
        for (digest, recipient) in &digests {
            let id: InboundMailId = self.ids().next();
            let values: [Value; 7] = [
                id.uuid().into(),
                digest.clone().into(),
                kept(envelope_from).into(),
                kept(recipient).into(),
                now.into(),
                i32::from(LANES[0]).into(),
                raw.to_vec().into(),
            ];
            transaction.execute_raw(Statement::from_sql_and_values(backend, INSERT, values)).await?;
        }
        let mut ids = Vec::with_capacity(digests.len());
        for (digest, _) in &digests {
            let row = transaction.query_one_raw(Statement::from_sql_and_values(backend, SAME, [digest.clone().into()])).await?;
            let row = row.ok_or_else(|| LedgerError::unreadable("inbound_mail", "it is not there after it was written"))?;
            ids.push(row.try_get::<Uuid>("", "id")?.into());
        }
        transaction.commit().await?;
        Ok(ids)
    }
}

/// Case makes no difference in addresses of ours.
fn digest(recipient: &str, raw: &[u8]) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update(recipient.to_ascii_lowercase().as_bytes());
    hash.update([0]);
    hash.update(raw);
    hash.finalize().to_vec()
}
