//! Mails that are due: claimed, renewed, opened, given back.

use chrono::{DateTime, TimeDelta, Utc};
use hearback_domain::ids::InboundMailId;
use sea_orm::{ConnectionTrait, FromQueryResult, QueryResult, Statement};
use uuid::Uuid;

use super::{InboundEnd, SMALL, Understood};
use crate::{
    Ledger, LedgerError,
    decode::decoded,
    due::{LANES, Table, Wanted},
};

/// The right to say what became of one mail, until its lease ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InboundClaim {
    pub mail: InboundMailId,
    pub(super) token: Uuid,
}

/// A mail that was claimed. Large ones stay in the database until there is room for them.
pub struct ClaimedInboundMail {
    pub claim: InboundClaim,
    /// Of the mail as it came.
    pub bytes: usize,
    /// This one included.
    pub tries: u32,
    envelope_from: String,
    recipient: String,
    raw: Option<Vec<u8>>,
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

impl std::fmt::Debug for ClaimedInboundMail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClaimedInboundMail").field("claim", &self.claim).field("tries", &self.tries).finish_non_exhaustive()
    }
}

/// One lane: each mail is a moment's work, and none is more urgent before it is understood.
const INBOUND_MAILS: Table = Table { name: "inbound_mail", claimed: "working", on_claim: "", claimable: "", returning: RETURNING };

const RETURNING: &str =
    "envelope_from, recipient, tries, length(raw) AS bytes, CASE WHEN length(raw) <= 65536 THEN raw ELSE NULL END AS raw";
const _: () = assert!(SMALL == 65536);

#[derive(FromQueryResult)]
struct Row {
    id: Uuid,
    envelope_from: String,
    recipient: String,
    tries: i32,
    bytes: i32,
    raw: Option<Vec<u8>>,
}

impl Ledger {
    /// Claims up to `slots` mails that are due, oldest first, for the length of a lease. Of each at most 64 KiB come along.
    pub async fn claim_inbound_mails(&self, slots: usize) -> Result<Vec<ClaimedInboundMail>, LedgerError> {
        // A read first: most of the time nothing is due, and a claim would take the write lock of SQLite.
        const DUE: &str = "SELECT id FROM inbound_mail WHERE state IN ('scheduled', 'working') AND lane = $1 AND wake_at <= $2 LIMIT 1";
        let (database, now, token) = (self.database(), self.clock().now(), Uuid::from_bytes(self.random().bytes()));
        let due = Statement::from_sql_and_values(database.backend(), DUE, [i32::from(LANES[0]).into(), now.into()]);
        if database.reader().query_one_raw(due).await?.is_none() {
            return Ok(Vec::new());
        }
        let wanted = Wanted { lane: LANES[0], rows: slots as u64, token, now, lease_until: now + self.lease(), after: None };
        let mut mails = Vec::new();
        for row in INBOUND_MAILS.claim(database, wanted).await? {
            let mail = row.try_get::<Uuid>("", "id")?.into();
            match decoded("inbound_mail", || claimed(&row, token)) {
                Ok(mail) => mails.push(mail),
                Err(reason) => {
                    tracing::error!(%mail, reason, "a mail that came in is held: its row cannot be read");
                    let result = format!("unreadable: {reason}");
                    let held = Understood { kind: "unknown", result: &result, end: InboundEnd::Held, about: None };
                    self.inbound_mail_understood(InboundClaim { mail, token }, &held).await?;
                }
            }
        }
        Ok(mails)
    }

    /// The whole mail. `None` if it is gone or somebody else's.
    pub async fn open_inbound_mail(&self, claimed: ClaimedInboundMail) -> Result<Option<InboundMail>, LedgerError> {
        const RAW: &str = "SELECT raw FROM inbound_mail WHERE id = $1 AND claim_token = $2 AND state || '' = 'working'";
        let ClaimedInboundMail { claim, bytes: _, tries, envelope_from, recipient, raw } = claimed;
        let raw = match raw {
            Some(raw) => raw,
            None => {
                let database = self.database();
                let values = [claim.mail.uuid().into(), claim.token.into()];
                let row = database.reader().query_one_raw(Statement::from_sql_and_values(database.backend(), RAW, values)).await?;
                let Some(row) = row else { return Ok(None) };
                row.try_get("", "raw")?
            }
        };
        Ok(Some(InboundMail { claim, envelope_from, recipient, raw, tries }))
    }

    /// `false` if it is somebody else's by now.
    pub async fn renew_inbound_mail(&self, claim: InboundClaim) -> Result<bool, LedgerError> {
        let until = self.clock().now() + self.lease();
        Ok(!INBOUND_MAILS.renew(self.database(), &[(claim.mail.uuid(), claim.token)], until).await?.is_empty())
    }

    /// Gives mails back that nobody began with.
    pub async fn release_inbound_mails(&self, claims: &[InboundClaim]) -> Result<(), LedgerError> {
        let now = self.clock().now();
        self.give_back(claims, now).await
    }

    /// Gives a mail back that cannot be acted on yet.
    pub async fn postpone_inbound_mail(&self, claim: InboundClaim, by: TimeDelta) -> Result<(), LedgerError> {
        self.give_back(&[claim], self.clock().now() + by).await
    }

    async fn give_back(&self, claims: &[InboundClaim], due: DateTime<Utc>) -> Result<(), LedgerError> {
        let rows: Vec<_> = claims.iter().map(|claim| (claim.mail.uuid(), claim.token, due)).collect();
        INBOUND_MAILS.release(self.database(), &rows).await
    }
}

fn claimed(row: &QueryResult, token: Uuid) -> Result<ClaimedInboundMail, LedgerError> {
    let Row { id, envelope_from, recipient, tries, bytes, raw } = Row::from_query_result(row, "")?;
    let number = |number: i32| u32::try_from(number).unwrap_or(0);
    let claim = InboundClaim { mail: id.into(), token };
    Ok(ClaimedInboundMail { claim, bytes: number(bytes) as usize, tries: number(tries), envelope_from, recipient, raw })
}
