//! Somebody reported a message of ours as unwanted.

use std::collections::BTreeSet;

use hearback_domain::{
    EmailAddress,
    contact::ContactReason,
    event::EventKind,
    ids::{ApplicationId, NotificationId},
};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use serde_json::json;
use uuid::Uuid;

use super::{InboundClaim, InboundEnd, Understood, end};
use crate::{
    Ledger, LedgerError,
    change::{ATTEMPTS, Lock, NewEvent, changes_something, lock, write},
    complaint, contact,
};

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Complained {
    /// Nothing more is sent to them but what a law asks for, and a person is told.
    Stopped,
    /// They reported an earlier message: that was told, and holds.
    Again,
    /// The message, or whoever it went to, is not on record any more.
    NothingToDo,
    /// The mail is somebody else's by now.
    LostClaim,
}

#[derive(FromQueryResult)]
struct Reported {
    application_id: Uuid,
    address: String,
}

/// Whoever read the message: the address may have been corrected since.
const REPORTED: &str = "SELECT n.application_id, COALESCE(n.sent_to, a.email) AS address
    FROM notification n JOIN application a ON a.id = n.application_id WHERE n.id = $1";

const COMPLAINED: &str = "UPDATE candidate SET complained_at = $1, complained_of = $2 WHERE address = $3 AND complained_at IS NULL
    RETURNING id";

const THEIRS: &str = "SELECT DISTINCT a.id FROM candidate c JOIN application a ON a.candidate_id = c.id
    JOIN notification n ON n.application_id = a.id
    WHERE c.address = $1 AND n.state IN ('waiting', 'scheduled', 'sending', 'held')";

impl Ledger {
    /// Stops everything but what a law asks for, in one transaction with the mail's own end.
    pub async fn record_complaint(&self, claim: InboundClaim, about: NotificationId) -> Result<Complained, LedgerError> {
        let secret = self.contact_secret().await?;
        let mut attempt = 1;
        loop {
            match self.try_to_record_complaint(claim, about, &secret).await {
                Err(error) if error.is_lost_race() && attempt < ATTEMPTS => attempt += 1,
                other => return other,
            }
        }
    }

    async fn try_to_record_complaint(&self, claim: InboundClaim, about: NotificationId, secret: &[u8]) -> Result<Complained, LedgerError> {
        let transaction = self.database().begin().await?;
        let (backend, now) = (transaction.get_database_backend(), self.clock().now());
        let found = transaction.query_one_raw(Statement::from_sql_and_values(backend, REPORTED, [about.uuid().into()])).await?;
        let found = found.map(|row| Reported::from_query_result(&row, "")).transpose()?;
        let address = found.as_ref().and_then(|found| found.address.parse::<EmailAddress>().ok());
        let (result, recorded, about_known) = match (found, address) {
            (Some(Reported { application_id, address: _ }), Some(address)) => {
                let theirs = Statement::from_sql_and_values(backend, THEIRS, [address.identity().into()]);
                let rows = transaction.query_all_raw(theirs).await?;
                let owing: BTreeSet<Uuid> = rows.iter().map(|row| row.try_get("", "id")).collect::<Result<_, _>>()?;
                let both: BTreeSet<Uuid> = owing.iter().copied().chain([application_id]).collect();
                let applications: Vec<ApplicationId> = both.into_iter().map(ApplicationId::from).collect();
                let locked = lock(&transaction, &applications, Lock::WithMessages).await?.readable;
                let values = [now.into(), about.uuid().into(), address.identity().into()];
                let marked = transaction.query_one_raw(Statement::from_sql_and_values(backend, COMPLAINED, values)).await?;
                if marked.is_some() {
                    contact::mark(&transaction, secret, &[address], ContactReason::Complained, now).await?;
                    let mut steps = Vec::with_capacity(locked.len());
                    for (id, locked) in &locked {
                        // One whose address was corrected since is not theirs.
                        let is_theirs = owing.contains(&id.uuid());
                        let decision = if is_theirs { self.unwanted(locked, now)? } else { locked.facts.unchanged() };
                        if id.uuid() == application_id {
                            let event = NewEvent::of(EventKind::Complained, &complaint::actor(), json!({ "notification": about }));
                            steps.push(complaint::stop(locked, decision, event));
                        } else if changes_something(&decision, locked) {
                            let data = json!({ "reason": complaint::WORDS });
                            let event = NewEvent::of(EventKind::MessageCancelled, &complaint::actor(), data);
                            steps.push(complaint::stop(locked, decision, event));
                        }
                    }
                    write(self, &transaction, steps, now).await?;
                    ("nothing more is sent but what a law asks for; a person is told", Complained::Stopped, Some(about))
                } else {
                    ("they reported an earlier message: that holds", Complained::Again, Some(about))
                }
            }
            (Some(_), None) => ("whoever it went to has no address any more", Complained::NothingToDo, Some(about)),
            (None, _) => ("the message is not on record", Complained::NothingToDo, None),
        };
        let understood = Understood { kind: "complaint", result, end: InboundEnd::Done, about: about_known };
        if !end(self, &transaction, claim, &understood).await? {
            transaction.rollback().await?;
            return Ok(Complained::LostClaim);
        }
        transaction.commit().await?;
        Ok(recorded)
    }
}
