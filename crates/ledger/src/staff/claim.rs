//! Claims mails to people of the organisation that are due, and adds what they tell.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use hearback_domain::{
    EmailAddress,
    ids::{BoardId, StaffMailId},
    staff::StaffKind,
};
use sea_orm::{ConnectionTrait, FromQueryResult, QueryResult, Statement};
use uuid::Uuid;

use super::{STAFF_MAILS, StaffConversation, StaffDigest, StaffLine, UndecidedLine};
use crate::{
    BoardDetails, Ledger, LedgerError, SentMail,
    decode::decoded,
    due::{LANES, Wanted},
    rows::{Cell, Column, Rows},
};

/// The right to send one mail, until its lease ends. Fences off whoever claimed it before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StaffClaim {
    pub mail: StaffMailId,
    pub(super) token: Uuid,
}

/// A claimed mail with everything that it is made of.
#[derive(Clone, PartialEq, Eq)]
pub struct StaffMail {
    pub claim: StaffClaim,
    pub kind: StaffKind,
    pub to: EmailAddress,
    pub is_test: bool,
    /// Whose sender it comes from.
    pub board: Arc<BoardDetails>,
    /// The oldest first, and not all of them if they are many.
    pub lines: Vec<StaffLine>,
    /// The same for applications that nobody decides about.
    pub decisions: Vec<UndecidedLine>,
    /// What a digest tells, instead of those.
    pub digest: Option<StaffDigest>,
    /// What it tells of a conversation, in the place of lines.
    pub conversation: Option<StaffConversation>,
    /// How many it tells of in all.
    pub count: u64,
    /// The mail's date; stays the same over retries.
    pub send_after: DateTime<Utc>,
    /// Tries made, this one included.
    pub tries: u32,
    /// What an earlier try may have sent: to be sent again byte for byte.
    pub stored: Option<SentMail>,
}

/// Debug output ends in logs, where names and texts must not.
impl std::fmt::Debug for StaffMail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StaffMail")
            .field("claim", &self.claim)
            .field("kind", &self.kind)
            .field("count", &self.count)
            .finish_non_exhaustive()
    }
}

#[derive(FromQueryResult)]
struct Row {
    id: Uuid,
    recipient: String,
    is_test: bool,
    board_id: Uuid,
    kind: String,
    send_after: DateTime<Utc>,
    tries: i32,
    maybe_sent: bool,
    subject: Option<String>,
    text_part: Option<String>,
    template_version: Option<String>,
    sha256: Option<Vec<u8>>,
    raw: Option<Vec<u8>>,
    application_id: Option<Uuid>,
    occasion: Option<String>,
}

pub(super) const RETURNING: &str =
    "recipient, is_test, board_id, kind, send_after, tries, maybe_sent, subject, text_part, template_version, sha256, raw,
    application_id, occasion";

/// What cannot be read is somebody else's to tell: the next person is.
const UNREADABLE: &str = "UPDATE staff_mail SET state = 'held', trouble = v.trouble, settled_at = v.at, claim_token = NULL
    FROM v WHERE staff_mail.id = v.id AND claim_token = v.token AND state || '' = 'sending'";

impl Ledger {
    /// Claims up to `slots` mails that are due, for the length of a lease.
    pub async fn claim_staff_mails(&self, slots: usize) -> Result<Vec<StaffMail>, LedgerError> {
        let token = Uuid::from_bytes(self.random().bytes());
        let now = self.clock().now();
        if !self.is_staff_mail_due(now).await? {
            return Ok(Vec::new());
        }
        let wanted = Wanted { lane: LANES[0], rows: slots as u64, token, now, lease_until: now + self.lease(), after: None };
        let mut mails = Vec::new();
        for row in STAFF_MAILS.claim(self.database(), wanted).await? {
            let id: Uuid = row.try_get("", "id")?;
            match self.staff_mail(&row, token).await {
                Ok(mail) => mails.push(mail),
                Err(LedgerError::Unreadable { table, reason }) => {
                    let trouble = format!("{table} cannot be read: {reason}");
                    tracing::error!(mail = %StaffMailId::from(id), trouble, "a mail to a person cannot be made; another is told");
                    let columns = [Column::Uuid("id"), Column::Uuid("token"), Column::Text("trouble"), Column::Time("at")];
                    let rows = Rows::new(columns, [[Cell::Uuid(id), token.into(), trouble.into(), now.into()]]);
                    self.database().writer().execute_raw(rows.statement(self.database().backend(), UNREADABLE)).await?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(mails)
    }

    /// Extends a lease by a whole one. `false` if it is somebody else's by now.
    pub async fn renew_staff_mail(&self, claim: &StaffClaim) -> Result<bool, LedgerError> {
        let until = self.clock().now() + self.lease();
        Ok(!STAFF_MAILS.renew(self.database(), &[(claim.mail.uuid(), claim.token)], until).await?.is_empty())
    }

    /// Gives claimed mails back that nobody began to send. Counts as no try.
    pub async fn release_staff_mails(&self, claims: &[StaffClaim]) -> Result<(), LedgerError> {
        let now = self.clock().now();
        let claims: Vec<_> = claims.iter().map(|claim| (claim.mail.uuid(), claim.token, now)).collect();
        STAFF_MAILS.release(self.database(), &claims).await
    }

    /// A read first: most of the time nothing is due, and a claim would take the write lock of SQLite.
    async fn is_staff_mail_due(&self, now: DateTime<Utc>) -> Result<bool, LedgerError> {
        const DUE: &str = "SELECT id FROM staff_mail WHERE state IN ('scheduled', 'sending') AND lane = 0 AND wake_at <= $1 LIMIT 1";
        let database = self.database();
        Ok(database.reader().query_one_raw(Statement::from_sql_and_values(database.backend(), DUE, [now.into()])).await?.is_some())
    }

    async fn staff_mail(&self, row: &QueryResult, token: Uuid) -> Result<StaffMail, LedgerError> {
        let unreadable = |error: &dyn std::fmt::Display| LedgerError::unreadable("staff_mail", error);
        let row = decoded("staff_mail", || Ok(Row::from_query_result(row, "")?)).map_err(|reason| unreadable(&reason))?;
        let Row {
            id,
            recipient,
            is_test,
            board_id,
            kind,
            send_after,
            tries,
            maybe_sent,
            subject,
            text_part,
            template_version,
            sha256,
            raw,
            application_id,
            occasion,
        } = row;
        let board = self.face_for_staff(board_id).await?.ok_or_else(|| unreadable(&"no board can be read"))?;
        let conversation = self.conversation_of(id, application_id, occasion.as_deref()).await?;
        let kind = kind.parse().map_err(|error| unreadable(&error))?;
        let digest = match kind {
            StaffKind::Digest => Some(self.digest_of(id).await?),
            StaffKind::PromiseAtRisk | StaffKind::ReplyWaiting | StaffKind::Undeliverable => None,
        };
        let (lines, decisions) = (self.staff_lines(id).await?, self.undecided_lines(id).await?);
        let count = match &digest {
            Some(digest) => digest.count(),
            None => self.count_causes(id).await?,
        };
        let stored = match (maybe_sent, subject, text_part, template_version, sha256, raw) {
            (true, Some(subject), Some(text), Some(template_version), Some(sha256), Some(raw)) => {
                let sha256 = sha256.try_into().map_err(|_| unreadable(&"a hash is not 32 bytes long"))?;
                Some(SentMail { subject, text, template_version, sha256, raw })
            }
            _ => None,
        };
        Ok(StaffMail {
            claim: StaffClaim { mail: id.into(), token },
            kind,
            to: recipient.parse().map_err(|error| unreadable(&error))?,
            is_test,
            board: Arc::new(board),
            lines,
            decisions,
            digest,
            conversation,
            count,
            send_after,
            tries: u32::try_from(tries).map_err(|error| unreadable(&error))?,
            stored,
        })
    }

    /// One that cannot be read must not keep a person from hearing of it, least of all of its own messages: any other will do.
    async fn face_for_staff(&self, board: Uuid) -> Result<Option<BoardDetails>, LedgerError> {
        const OTHERS: &str = "SELECT id FROM board WHERE id <> $1 ORDER BY id LIMIT 20";
        let database = self.database();
        let others = Statement::from_sql_and_values(database.backend(), OTHERS, [board.into()]);
        let mut candidates = vec![board];
        for row in database.reader().query_all_raw(others).await? {
            candidates.push(row.try_get("", "id")?);
        }
        for id in candidates {
            match self.board(BoardId::from(id)).await {
                Ok(Some(found)) => return Ok(Some(found.details)),
                Ok(None) | Err(LedgerError::Unreadable { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }
}
