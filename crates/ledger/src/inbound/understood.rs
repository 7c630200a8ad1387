//! What a mail was, and that nothing else is to be written about it. Those that are understood at the same time are written together.

use hearback_domain::ids::NotificationId;
use sea_orm::{ConnectionTrait, DbErr};
use tokio::sync::{mpsc, oneshot};

use super::{InboundClaim, kept};
use crate::{
    Ledger, LedgerError,
    ledger::WeakLedger,
    rows::{Cell, Column, Rows},
};

/// The most that one statement takes.
const BATCH: usize = 256;

/// The most that wait; whoever comes after that waits for a place.
pub(crate) const WAITING: usize = 1024;

/// Where a mail ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InboundEnd {
    /// Nothing is left to do.
    Done,
    /// A person has to look.
    Held,
}

impl InboundEnd {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Held => "held",
        }
    }
}

/// What a mail was, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Understood<'a> {
    pub kind: &'a str,
    pub result: &'a str,
    pub end: InboundEnd,
    pub about: Option<NotificationId>,
}

/// What a machine says about a message to somebody whose data is erased is erased as well, and waits for nobody. What a person writes is read
/// by a person, also then.
const END: &str = ", about AS (SELECT v.*, (v.kind IN ('bounce', 'auto_reply', 'complaint') AND EXISTS (SELECT 1 FROM notification n
        JOIN application a ON a.id = n.application_id WHERE n.id = v.about AND a.erased_at IS NOT NULL)) AS is_erased FROM v)
    UPDATE inbound_mail SET kind = about.kind, notification_id = about.about, settled_at = about.at, claim_token = NULL,
    state = CASE WHEN is_erased THEN 'done' ELSE about.state END, result = CASE WHEN is_erased THEN 'erased' ELSE about.result END,
    envelope_from = CASE WHEN is_erased THEN '' ELSE envelope_from END,
    raw = CASE WHEN is_erased AND length(raw) > 0 THEN substr(raw, 1, 0) ELSE raw END
    FROM about WHERE inbound_mail.id = about.id AND inbound_mail.claim_token = about.token AND inbound_mail.state || '' = 'working'
    RETURNING inbound_mail.id";

type EndRow = [Cell; 7];

#[derive(Debug)]
pub(crate) struct Waiting {
    row: EndRow,
    written: oneshot::Sender<Result<(), LedgerError>>,
}

impl Ledger {
    /// What became of a mail about which nothing else is to be written. Returns when it is on disk. Of no effect once the mail is somebody
    /// else's.
    pub async fn inbound_mail_understood(&self, claim: InboundClaim, understood: &Understood<'_>) -> Result<(), LedgerError> {
        let (written, is_written) = oneshot::channel();
        let gone = || LedgerError::Unavailable(DbErr::Custom("the ledger is closing".to_owned()));
        let row = row(self, claim, understood);
        self.understandings().send(Waiting { row, written }).await.map_err(|_| gone())?;
        is_written.await.map_err(|_| gone())?
    }
}

/// Takes what was understood until the last [`Ledger`] of this database is gone.
pub(crate) async fn take(ledger: WeakLedger, mut waiting: mpsc::Receiver<Waiting>) {
    loop {
        let mut batch = Vec::with_capacity(BATCH);
        if waiting.recv_many(&mut batch, BATCH).await == 0 {
            return;
        }
        let Some(ledger) = ledger.upgrade() else { return };
        write(&ledger, batch).await;
    }
}

async fn write(ledger: &Ledger, batch: Vec<Waiting>) {
    let rows = Rows::new(columns(), batch.iter().map(|waiting| waiting.row.clone()));
    let writer = ledger.database().writer();
    let Err(error) = writer.query_all_raw(rows.statement(writer.get_database_backend(), END)).await else {
        batch.into_iter().for_each(|waiting| drop(waiting.written.send(Ok(()))));
        return;
    };
    let error = LedgerError::from(error);
    if batch.len() > 1 && !matches!(error, LedgerError::Unavailable(_)) {
        // One that the database refuses must not fail its neighbours.
        for waiting in batch {
            Box::pin(write(ledger, vec![waiting])).await;
        }
        return;
    }
    let text = error.to_string();
    let mut first = Some(error);
    for waiting in batch {
        let error = first.take().unwrap_or_else(|| LedgerError::Unavailable(DbErr::Custom(text.clone())));
        drop(waiting.written.send(Err(error)));
    }
}

/// As a part of another transaction. `false` if the claim is not ours any more.
pub(crate) async fn end(
    ledger: &Ledger,
    connection: &impl ConnectionTrait,
    claim: InboundClaim,
    understood: &Understood<'_>,
) -> Result<bool, LedgerError> {
    let rows = Rows::new(columns(), [row(ledger, claim, understood)]);
    Ok(!connection.query_all_raw(rows.statement(connection.get_database_backend(), END)).await?.is_empty())
}

const fn columns() -> [Column; 7] {
    [
        Column::Uuid("id"),
        Column::Uuid("token"),
        Column::Text("state"),
        Column::Text("kind"),
        Column::Text("result"),
        Column::Uuid("about"),
        Column::Time("at"),
    ]
}

fn row(ledger: &Ledger, claim: InboundClaim, understood: &Understood<'_>) -> EndRow {
    let Understood { kind, result, end, about } = understood;
    [
        claim.mail.uuid().into(),
        claim.token.into(),
        end.as_str().to_owned().into(),
        (*kind).to_owned().into(),
        kept(result).into(),
        about.map_or(Cell::Null, |about| about.uuid().into()),
        ledger.clock().now().into(),
    ]
}
