//! Puts mails on record as they came, so that the mail server may forget them. Those that come at the same time are committed together:
//! one flush to the disk for all of them.

use std::{
    collections::BTreeMap,
    sync::{Arc, Weak},
};

use hearback_domain::ids::InboundMailId;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement, Value};
use sha2::{Digest, Sha256};
use tokio::sync::{Semaphore, mpsc, oneshot};
use uuid::Uuid;

use super::{SMALL, kept};
use crate::{
    Ledger, LedgerError,
    database::Transaction,
    due::LANES,
    ledger::WeakLedger,
    rows::{Cell, Column, Rows},
};

/// The most mails that one transaction takes.
const BATCH: usize = 256;

/// The most bytes of them, the last mail excepted: the transaction must end within the time that one statement has, and what is written is in
/// memory more than once.
const BATCH_BYTES: usize = 4 << 20;

/// The most that wait; whoever comes after that waits for a place.
pub(crate) const WAITING: usize = 1024;

/// Deadlocks, before the answer is "try again".
const ATTEMPTS: usize = 5;

/// Small mails together, larger ones alone: a batch is text twice as long as its bytes.
const INSERT: &str = "INSERT INTO inbound_mail (id, digest, envelope_from, recipient, received_at, state, lane, wake_at, tries, raw)
    SELECT id, digest, envelope_from, recipient, at, 'scheduled', lane, at, 0, raw FROM v WHERE true ON CONFLICT (digest) DO NOTHING
    RETURNING id, digest";

const INSERT_ONE: &str = "INSERT INTO inbound_mail (id, digest, envelope_from, recipient, received_at, state, lane, wake_at, tries, raw)
    VALUES ($1, $2, $3, $4, $5, 'scheduled', $6, $5, 0, $7) ON CONFLICT (digest) DO NOTHING RETURNING id, digest";

const SAME: &str = "SELECT id, digest FROM inbound_mail WHERE digest = $1";

type MailDigest = [u8; 32];

/// A mail as it came, and its digests for each of its recipients, ascending.
#[derive(Debug)]
struct Arrived {
    envelope_from: String,
    recipients: Vec<(MailDigest, String)>,
    raw: Vec<u8>,
}

/// Who brought it keeps it: a mail whose bringer went away takes no room while it waits, and is not written.
#[derive(Debug)]
pub(crate) struct Waiting {
    mail: Weak<Arrived>,
    answer: oneshot::Sender<Result<Vec<InboundMailId>, LedgerError>>,
}

impl Ledger {
    /// On record for each of its recipients, or for none, and durable; together with others that come at the same time. The same mail to the
    /// same recipient is on record once, however often it comes; its id is that of the first time.
    ///
    /// A request that brings it and is repeated brings the same mail: that it was carried out need not be written with it.
    pub async fn keep_inbound_mail(
        &self,
        envelope_from: &str,
        recipients: &[String],
        raw: impl Into<Vec<u8>>,
    ) -> Result<Vec<InboundMailId>, LedgerError> {
        let raw = raw.into();
        let mut digests: Vec<_> = recipients.iter().map(|recipient| (digest(recipient, &raw), recipient.clone())).collect();
        digests.sort();
        digests.dedup_by(|one, other| one.0 == other.0);
        let mail = Arc::new(Arrived { envelope_from: envelope_from.to_owned(), recipients: digests, raw });
        let (answer, answered) = oneshot::channel();
        let gone = || LedgerError::Unavailable(DbErr::Custom("the ledger is closing".to_owned()));
        self.arrivals().send(Waiting { mail: Arc::downgrade(&mail), answer }).await.map_err(|_| gone())?;
        let kept = answered.await.map_err(|_| gone())?;
        drop(mail);
        kept
    }
}

/// Takes mails until the last [`Ledger`] of this database is gone.
pub(crate) async fn take(ledger: WeakLedger, backend: DbBackend, mut waiting: mpsc::Receiver<Waiting>) {
    // While one batch waits for the disk, the next is written. SQLite has one writer: two would only queue.
    let in_flight = Arc::new(Semaphore::new(if backend == DbBackend::Sqlite { 1 } else { 2 }));
    while let Ok(permit) = Arc::clone(&in_flight).acquire_owned().await {
        let Some(first) = waiting.recv().await else { return };
        let (mut batch, mut bytes) = (Vec::new(), 0);
        let mut next = Some(first);
        while let Some(Waiting { mail, answer }) = next {
            if let Some(mail) = mail.upgrade() {
                bytes += mail.raw.len() * mail.recipients.len();
                batch.push((mail, answer));
            }
            next = if batch.len() < BATCH && bytes < BATCH_BYTES { waiting.try_recv().ok() } else { None };
        }
        let Some(ledger) = ledger.upgrade() else { return };
        tokio::spawn(async move {
            commit(&ledger, batch).await;
            drop(permit);
        });
    }
}

type Answer = oneshot::Sender<Result<Vec<InboundMailId>, LedgerError>>;

async fn commit(ledger: &Ledger, batch: Vec<(Arc<Arrived>, Answer)>) {
    let (mails, answers): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
    let mut attempt = 1;
    let error = loop {
        match write(ledger, &mails).await {
            Ok(kept) => {
                ledger.wake_for_mail();
                // Whoever brought it may have gone away: it is on record all the same, and will come again.
                mails.iter().zip(answers).for_each(|(mail, answer)| drop(answer.send(ids(mail, &kept))));
                return;
            }
            Err(error) if error.is_lost_race() && attempt < ATTEMPTS => attempt += 1,
            Err(error) => break error,
        }
    };
    // A mail that the database refuses must not fail its neighbours.
    if mails.len() > 1 && !matches!(error, LedgerError::Unavailable(_)) {
        for alone in mails.into_iter().zip(answers) {
            Box::pin(commit(ledger, vec![alone])).await;
        }
        return;
    }
    let text = error.to_string();
    let mut first = Some(error);
    for answer in answers {
        let error = first.take().unwrap_or_else(|| LedgerError::Unavailable(DbErr::Custom(text.clone())));
        drop(answer.send(Err(error)));
    }
}

fn ids(mail: &Arrived, kept: &BTreeMap<MailDigest, InboundMailId>) -> Result<Vec<InboundMailId>, LedgerError> {
    let of =
        |digest| kept.get(digest).copied().ok_or_else(|| LedgerError::unreadable("inbound_mail", "it is not there after it was written"));
    mail.recipients.iter().map(|(digest, _)| of(digest)).collect()
}

async fn write(ledger: &Ledger, mails: &[Arc<Arrived>]) -> Result<BTreeMap<MailDigest, InboundMailId>, LedgerError> {
    let (now, transaction) = (ledger.clock().now(), ledger.database().begin().await?);
    // Ascending, the small ones before the large: two transactions with the same mails never wait for each other.
    let mut rows: BTreeMap<(bool, MailDigest), (&Arrived, &str)> = BTreeMap::new();
    for mail in mails {
        rows.extend(mail.recipients.iter().map(|(digest, to)| ((mail.raw.len() > SMALL, *digest), (&**mail, to.as_str()))));
    }
    let columns = [
        Column::Uuid("id"),
        Column::Bytes("digest"),
        Column::Text("envelope_from"),
        Column::Text("recipient"),
        Column::Time("at"),
        Column::Int("lane"),
        Column::Bytes("raw"),
    ];
    let lane = LANES[0];
    let small = rows.iter().filter(|((is_large, _), _)| !is_large).map(|((_, digest), (mail, to))| {
        let id = ledger.ids().next::<InboundMailId>().uuid();
        let (digest, raw) = (Cell::Bytes(digest.to_vec()), Cell::Bytes(mail.raw.clone()));
        [id.into(), digest, kept(&mail.envelope_from).into(), kept(to).into(), now.into(), Cell::Int(lane.into()), raw]
    });
    let small = Rows::new(columns, small);
    let mut found = BTreeMap::new();
    if !small.is_empty() {
        note(&transaction, small.statement(transaction.get_database_backend(), INSERT), &mut found).await?;
    }
    for ((_, digest), (mail, to)) in rows.iter().filter(|((is_large, _), _)| *is_large) {
        let id = ledger.ids().next::<InboundMailId>().uuid();
        let (digest, raw) = (digest.to_vec(), mail.raw.clone());
        let values: [Value; 7] =
            [id.into(), digest.into(), kept(&mail.envelope_from).into(), kept(to).into(), now.into(), i32::from(lane).into(), raw.into()];
        note(&transaction, Statement::from_sql_and_values(transaction.get_database_backend(), INSERT_ONE, values), &mut found).await?;
    }
    for (_, digest) in rows.keys() {
        // It came before.
        if !found.contains_key(digest) {
            let same = Statement::from_sql_and_values(transaction.get_database_backend(), SAME, [digest.to_vec().into()]);
            note(&transaction, same, &mut found).await?;
        }
    }
    transaction.commit().await?;
    Ok(found)
}

async fn note(transaction: &Transaction, statement: Statement, found: &mut BTreeMap<MailDigest, InboundMailId>) -> Result<(), LedgerError> {
    for row in transaction.query_all_raw(statement).await? {
        let digest = row.try_get::<Vec<u8>>("", "digest")?.try_into();
        let digest = digest.map_err(|_| LedgerError::unreadable("inbound_mail", "a hash is not 32 bytes long"))?;
        found.insert(digest, row.try_get::<Uuid>("", "id")?.into());
    }
    Ok(())
}

/// Case makes no difference in addresses of ours.
fn digest(recipient: &str, raw: &[u8]) -> MailDigest {
    let mut hash = Sha256::new();
    hash.update(recipient.to_ascii_lowercase().as_bytes());
    hash.update([0]);
    hash.update(raw);
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use hearback_testkit::{database::DatabaseKind, on_both_databases};

    use super::*;
    use crate::opened::open;

    fn arrived(raw: &[u8]) -> Arc<Arrived> {
        let to = "people@example.com";
        Arc::new(Arrived { envelope_from: String::new(), recipients: vec![(digest(to, raw), to.to_owned())], raw: raw.to_vec() })
    }

    on_both_databases! {
        async fn a_mail_whose_bringer_went_away_is_not_kept_and_its_room_is_free(kind: DatabaseKind) {
            let opened = open(kind).await;
            let (waiting, taken) = mpsc::channel(8);
            let (mail, gone) = (arrived(b"here"), arrived(b"gone"));
            let (answer, _nobody) = oneshot::channel();
            waiting.try_send(Waiting { mail: Arc::downgrade(&gone), answer }).unwrap();
            drop(gone);
            let (answer, answered) = oneshot::channel();
            waiting.try_send(Waiting { mail: Arc::downgrade(&mail), answer }).unwrap();
            tokio::spawn(take(opened.ledger.weak(), opened.ledger.database().backend(), taken));
            assert_eq!(answered.await.unwrap().unwrap().len(), 1);
            assert_eq!(opened.ledger.claim_inbound_mails(8).await.unwrap().len(), 1);
        }
    }
}
