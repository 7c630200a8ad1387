//! What a mail was, and where it ends.

use std::collections::HashSet;

use hearback_domain::ids::{InboundMailId, NotificationId};
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use super::{
    InboundClaim, kept,
    together::{Act, written},
};
use crate::{
    Ledger, LedgerError,
    rows::{Cell, Column, Rows},
};

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

/// What became of a mail about which nothing else is to be written.
#[derive(Debug)]
pub(crate) struct OnlyEnd(EndRow);

impl Act for OnlyEnd {
    type Written = ();

    /// Of no effect where the mail is somebody else's by now.
    async fn write(ledger: &Ledger, acts: &[&Self]) -> Result<Vec<Option<()>>, LedgerError> {
        let rows = Rows::new(columns(), acts.iter().map(|act| act.0.clone()));
        let writer = ledger.database().writer();
        writer.query_all_raw(rows.statement(writer.get_database_backend(), END)).await?;
        Ok(vec![Some(()); acts.len()])
    }
}

impl Ledger {
    /// What became of a mail about which nothing else is to be written. Returns when it is on disk. Of no effect once the mail is somebody
    /// else's.
    pub async fn inbound_mail_understood(&self, claim: InboundClaim, understood: &Understood<'_>) -> Result<(), LedgerError> {
        written(self.understandings(), OnlyEnd(row(self, claim, understood))).await
    }
}

/// How the mails of one transaction end, each with its place among what is written.
#[derive(Default)]
pub(crate) struct Ends(Vec<(usize, InboundMailId, EndRow)>);

impl Ends {
    pub(super) fn add(&mut self, ledger: &Ledger, at: usize, claim: InboundClaim, understood: &Understood<'_>) {
        self.0.push((at, claim.mail, row(ledger, claim, understood)));
    }

    /// Returns the places of those that are somebody else's by now.
    pub(super) async fn write(self, connection: &impl ConnectionTrait) -> Result<HashSet<usize>, LedgerError> {
        if self.0.is_empty() {
            return Ok(HashSet::new());
        }
        let rows = Rows::new(columns(), self.0.iter().map(|(_, _, row)| row.clone()));
        let ended = connection.query_all_raw(rows.statement(connection.get_database_backend(), END)).await?;
        let ended: HashSet<Uuid> = ended.iter().map(|row| row.try_get("", "id")).collect::<Result<_, _>>()?;
        Ok(self.0.into_iter().filter(|(_, mail, _)| !ended.contains(&mail.uuid())).map(|(at, _, _)| at).collect())
    }
}

/// As a part of another transaction. `false` if the claim is not ours any more.
pub(crate) async fn end(
    ledger: &Ledger,
    connection: &impl ConnectionTrait,
    claim: InboundClaim,
    understood: &Understood<'_>,
) -> Result<bool, LedgerError> {
    let mut ends = Ends::default();
    ends.add(ledger, 0, claim, understood);
    Ok(ends.write(connection).await?.is_empty())
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
