//! Whether people may be solicited.

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use hearback_domain::{
    EmailAddress,
    contact::{ApplicationOf, ContactReason, digest, reasons},
};
use sea_orm::{ConnectionTrait, EntityTrait, QueryOrder};

use crate::{
    Ledger, LedgerError,
    entity::signing_key,
    rows::{Cell, Column, Rows},
};

/// By address; of real applications. Ended ones count as owed while their last message is on its way.
const APPLICATIONS: &str = "SELECT c.address, a.status, a.shown_status, a.decision_told_at,
    EXISTS (SELECT 1 FROM notification n WHERE n.application_id = a.id
        AND n.state IN ('waiting', 'scheduled', 'sending', 'held')) AS is_owed
    FROM v JOIN candidate c ON c.address = v.address JOIN application a ON a.candidate_id = c.id
    WHERE a.is_test = false";

const ASKED: &str = "SELECT d.digest, d.reason FROM v JOIN do_not_contact d ON d.digest = v.digest";

const INSERT: &str = "INSERT INTO do_not_contact (digest, reason, at) SELECT digest, reason, at FROM v WHERE true ON CONFLICT DO NOTHING";

impl Ledger {
    /// For each address why not, in their order; nothing means that they may be. Whoever is not on record may be, like anybody.
    pub async fn contact_checks(&self, addresses: &[EmailAddress]) -> Result<Vec<Vec<ContactReason>>, LedgerError> {
        let (database, now) = (self.database(), self.now());
        let by_address = Rows::new([Column::Text("address")], addresses.iter().map(|address| [address.identity().into()]));
        let mut applications: HashMap<String, Vec<ApplicationOf>> = HashMap::new();
        for row in database.reader().query_all_raw(by_address.statement(database.backend(), APPLICATIONS)).await? {
            let word = |name: &str| row.try_get::<String>("", name)?.parse().map_err(|error| LedgerError::unreadable("application", error));
            let application = ApplicationOf {
                status: word("status")?,
                shown_status: word("shown_status")?,
                decision_told_at: row.try_get("", "decision_told_at")?,
                is_owed: row.try_get("", "is_owed")?,
            };
            applications.entry(row.try_get("", "address")?).or_default().push(application);
        }
        let secret = self.contact_secret().await?;
        let digests: Vec<[u8; 32]> = addresses.iter().map(|address| digest(&secret, address)).collect();
        let by_digest = Rows::new([Column::Bytes("digest")], digests.iter().map(|digest| [Cell::Bytes(digest.to_vec())]));
        let mut asked: HashMap<Vec<u8>, Vec<ContactReason>> = HashMap::new();
        for row in database.reader().query_all_raw(by_digest.statement(database.backend(), ASKED)).await? {
            let reason = row.try_get::<String>("", "reason")?.parse().map_err(|error| LedgerError::unreadable("do_not_contact", error))?;
            asked.entry(row.try_get("", "digest")?).or_default().push(reason);
        }
        let nothing = Vec::new();
        let verdict = |(address, digest): (&EmailAddress, &[u8; 32])| {
            let applications = applications.get(&address.identity()).map_or(&[][..], Vec::as_slice);
            reasons(applications, asked.get(&digest[..]).unwrap_or(&nothing), now)
        };
        Ok(addresses.iter().zip(&digests).map(verdict).collect())
    }

    /// They asked for it, or reported a message of ours. There is no way back but theirs: whoever applies is written to about that.
    pub async fn do_not_contact(&self, addresses: &[EmailAddress], reason: ContactReason) -> Result<(), LedgerError> {
        let secret = self.contact_secret().await?;
        let transaction = self.database().begin().await?;
        mark(&transaction, &secret, addresses, reason, self.now()).await?;
        Ok(transaction.commit().await?)
    }

    /// The oldest signing key: it is never taken away, so a digest is found again however often keys are rotated.
    pub(crate) async fn contact_secret(&self) -> Result<Vec<u8>, LedgerError> {
        let oldest = signing_key::Entity::find().order_by_asc(signing_key::Column::Id).one(self.database().reader()).await?;
        oldest.map(|key| key.secret).ok_or_else(|| LedgerError::unreadable("signing_key", "there is none"))
    }
}

/// Puts on record why these are not to be contacted.
pub(crate) async fn mark(
    connection: &impl ConnectionTrait,
    secret: &[u8],
    addresses: &[EmailAddress],
    reason: ContactReason,
    now: DateTime<Utc>,
) -> Result<(), LedgerError> {
    let columns = [Column::Bytes("digest"), Column::Text("reason"), Column::Time("at")];
    let row = |address: &EmailAddress| [Cell::Bytes(digest(secret, address).to_vec()), reason.as_str().to_owned().into(), now.into()];
    let rows = Rows::new(columns, addresses.iter().map(row));
    if !rows.is_empty() {
        connection.execute_raw(rows.statement(connection.get_database_backend(), INSERT)).await?;
    }
    Ok(())
}
