//! Mail that came in: kept, claimed, and done with. What a mail means, others say.

mod keep;
mod record_bounce;
#[cfg(test)]
mod tests;

use chrono::TimeDelta;
use hearback_domain::{
    ids::{InboundMailId, NotificationId},
    reply_token::ReplyClaim,
};
use sea_orm::{ConnectionTrait, FromQueryResult, QueryResult, Statement};
use uuid::Uuid;

pub use record_bounce::{Bounce, Recorded};

use crate::{
    Ledger, LedgerError,
    due::{LANES, Table, Wanted},
    rows::{Cell, Column, Rows},
};

/// The right to say what became of one mail, until its lease ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InboundClaim {
    pub mail: InboundMailId,
    token: Uuid,
}

/// A mail to be understood.
#[derive(Clone, PartialEq, Eq)]
pub struct InboundMail {
    pub claim: InboundClaim,
    /// Empty for notices.
    pub envelope_from: String,
    pub recipient: String,
    pub raw: Vec<u8>,
    /// This one included.
    pub tries: u32,
}

/// Debug output ends in logs, where addresses and texts must not.
impl std::fmt::Debug for InboundMail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InboundMail").field("claim", &self.claim).field("tries", &self.tries).finish_non_exhaustive()
    }
}

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

const INBOUND_MAILS: Table =
    Table { name: "inbound_mail", claimed: "working", on_claim: "", claimable: "", returning: "envelope_from, recipient, tries, raw" };

/// A mail about somebody whose data is erased is erased as well, and waits for nobody.
const END: &str = ", about AS (SELECT v.*, EXISTS (SELECT 1 FROM notification n JOIN application a ON a.id = n.application_id
        WHERE n.id = v.about AND a.erased_at IS NOT NULL) AS is_erased FROM v)
    UPDATE inbound_mail SET kind = about.kind, notification_id = about.about, settled_at = about.at, claim_token = NULL,
    state = CASE WHEN is_erased THEN 'done' ELSE about.state END, result = CASE WHEN is_erased THEN 'erased' ELSE about.result END,
    envelope_from = CASE WHEN is_erased THEN '' ELSE envelope_from END, raw = CASE WHEN is_erased AND length(raw) > 0 THEN substr(raw, 1, 0) ELSE raw END
    FROM about WHERE inbound_mail.id = about.id AND inbound_mail.claim_token = about.token AND inbound_mail.state = 'working'
    RETURNING inbound_mail.id";

impl Ledger {
    /// Claims the next mail that is due. One at a time: a mail may be large.
    pub async fn claim_inbound_mail(&self) -> Result<Option<InboundMail>, LedgerError> {
        // A read first: most of the time nothing is due, and a claim would take the write lock of SQLite.
        const DUE: &str = "SELECT id FROM inbound_mail WHERE state IN ('scheduled', 'working') AND lane = $1 AND wake_at <= $2 LIMIT 1";
        let (database, now, token) = (self.database(), self.clock().now(), Uuid::from_bytes(self.random().bytes()));
        let due = Statement::from_sql_and_values(database.backend(), DUE, [i32::from(LANES[0]).into(), now.into()]);
        if database.reader().query_one_raw(due).await?.is_none() {
            return Ok(None);
        }
        let wanted = Wanted { lane: LANES[0], rows: 1, token, now, lease_until: now + self.lease(), after: None };
        let claimed = INBOUND_MAILS.claim(database, wanted).await?;
        claimed.first().map(|row| inbound_mail(row, token)).transpose()
    }

    /// What became of a mail about which nothing else is to be written. Of no effect once the mail is somebody else's.
    pub async fn inbound_mail_understood(&self, claim: InboundClaim, understood: &Understood<'_>) -> Result<(), LedgerError> {
        let database = self.database();
        end(self, database.writer(), claim, understood).await?;
        Ok(())
    }

    /// Gives a mail back that cannot be acted on yet.
    pub async fn postpone_inbound_mail(&self, claim: InboundClaim, by: TimeDelta) -> Result<(), LedgerError> {
        INBOUND_MAILS.release(self.database(), &[(claim.mail.uuid(), claim.token, self.clock().now() + by)]).await
    }

    /// Whether we made the address, with any of the keys there are.
    pub async fn is_our_address(&self, claim: &ReplyClaim) -> Result<bool, LedgerError> {
        // Another process may have made a key since these were read.
        Ok(claim.is_ours(&self.link_keys()) || claim.is_ours(self.read_link_keys().await?.as_ref()))
    }

    /// Whether there is a message with this id: what a Message-ID says of itself is no proof.
    pub async fn has_message(&self, id: NotificationId) -> Result<bool, LedgerError> {
        const SELECT: &str = "SELECT id FROM notification WHERE id = $1";
        let database = self.database();
        let row = database.reader().query_one_raw(Statement::from_sql_and_values(database.backend(), SELECT, [id.uuid().into()])).await?;
        Ok(row.is_some())
    }
}

fn inbound_mail(row: &QueryResult, token: Uuid) -> Result<InboundMail, LedgerError> {
    #[derive(FromQueryResult)]
    struct Row {
        id: Uuid,
        envelope_from: String,
        recipient: String,
        tries: i32,
        raw: Vec<u8>,
    }
    let Row { id, envelope_from, recipient, tries, raw } = Row::from_query_result(row, "")?;
    let claim = InboundClaim { mail: id.into(), token };
    Ok(InboundMail { claim, envelope_from, recipient, raw, tries: u32::try_from(tries).unwrap_or(0) })
}

/// `false` if the claim is not ours any more.
async fn end(
    ledger: &Ledger,
    connection: &impl ConnectionTrait,
    claim: InboundClaim,
    understood: &Understood<'_>,
) -> Result<bool, LedgerError> {
    let Understood { kind, result, end, about } = understood;
    let columns = [
        Column::Uuid("id"),
        Column::Uuid("token"),
        Column::Text("state"),
        Column::Text("kind"),
        Column::Text("result"),
        Column::Uuid("about"),
        Column::Time("at"),
    ];
    let row = [
        claim.mail.uuid().into(),
        claim.token.into(),
        end.as_str().to_owned().into(),
        (*kind).to_owned().into(),
        kept(result).into(),
        about.map_or(Cell::Null, |about| about.uuid().into()),
        ledger.clock().now().into(),
    ];
    let statement = Rows::new(columns, [row]).statement(connection.get_database_backend(), END);
    Ok(!connection.query_all_raw(statement).await?.is_empty())
}

/// What another server said, as it can be stored and shown: no control characters (PostgreSQL takes no NUL), and no endless text.
fn kept(said: &str) -> String {
    const MOST: usize = 2_000;
    said.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MOST).collect()
}
