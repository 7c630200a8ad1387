//! Mails about the way of answers, sent like any due row.

use chrono::{DateTime, Utc};
use hearback_domain::{
    EmailAddress,
    ids::{BoardId, ReplyProbeId},
    notification::{Outcome, Settled, Tried, settle},
};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use uuid::Uuid;

use crate::{
    BoardDetails, Ledger, LedgerError,
    due::{LANES, Table, Wanted},
    rows::{Cell, Column, Rows},
};

/// Which of the two mails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeWhat {
    /// To ourselves.
    Probe,
    /// To a person.
    Alarm,
}

impl ProbeWhat {
    pub const ALL: &'static [Self] = &[Self::Probe, Self::Alarm];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Probe => "probe",
            Self::Alarm => "alarm",
        }
    }
}

/// The right to send one mail, until its lease ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProbeClaim {
    pub probe: ReplyProbeId,
    token: Uuid,
}

/// A mail to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeMail {
    pub claim: ProbeClaim,
    pub what: ProbeWhat,
    pub board: BoardDetails,
    /// The person; `None` is ourselves.
    pub to: Option<EmailAddress>,
    pub owed_at: DateTime<Utc>,
    tries: u32,
}

/// None while the outbox is paused.
const PROBES: Table = Table {
    name: "reply_probe",
    claimed: "sending",
    on_claim: "",
    claimable: "AND what IN ('probe', 'alarm') AND NOT EXISTS (SELECT 1 FROM outbox_pause WHERE resumed_at IS NULL)",
    returning: "what, board_id, recipient, owed_at, tries",
};

#[derive(FromQueryResult)]
struct Row {
    id: Uuid,
    what: String,
    board_id: Uuid,
    recipient: Option<String>,
    owed_at: DateTime<Utc>,
    tries: i32,
}

/// Whatever became of the claim meanwhile: a relay has it. What has come back already, or is lost, stays so.
const ACCEPTED: &str = "UPDATE reply_probe SET accepted_at = v.at, claim_token = NULL,
    state = CASE WHEN reply_probe.state NOT IN ('scheduled', 'sending') THEN reply_probe.state
        WHEN what = 'probe' THEN 'waiting' ELSE 'sent' END,
    settled_at = CASE WHEN what = 'alarm' THEN v.at ELSE settled_at END
    FROM v WHERE reply_probe.id = v.id AND accepted_at IS NULL";

const AGAIN: &str =
    "UPDATE reply_probe SET state = 'scheduled', wake_at = v.wake_at, tries = v.tries, trouble = v.trouble, claim_token = NULL
    FROM v WHERE reply_probe.id = v.id AND claim_token = v.token AND reply_probe.state = 'sending'";

const GIVEN_UP: &str = "UPDATE reply_probe SET state = 'lost', settled_at = v.at, trouble = v.trouble, claim_token = NULL
    FROM v WHERE reply_probe.id = v.id AND claim_token = v.token AND reply_probe.state = 'sending'";

impl Ledger {
    /// Claims one that is due, for the length of a lease.
    pub async fn claim_probe_mail(&self) -> Result<Option<ProbeMail>, LedgerError> {
        const DUE: &str = "SELECT id FROM reply_probe WHERE state IN ('scheduled', 'sending') AND lane = $1 AND wake_at <= $2 LIMIT 1";
        let (database, now, token) = (self.database(), self.clock().now(), Uuid::from_bytes(self.random().bytes()));
        let due = Statement::from_sql_and_values(database.backend(), DUE, [i32::from(LANES[0]).into(), now.into()]);
        if database.reader().query_one_raw(due).await?.is_none() {
            return Ok(None);
        }
        let wanted = Wanted { lane: LANES[0], rows: 1, token, now, lease_until: now + self.lease(), after: None };
        let Some(row) = PROBES.claim(database, wanted).await?.pop() else { return Ok(None) };
        let unreadable = |error: &dyn std::fmt::Display| LedgerError::unreadable("reply_probe", error);
        let Row { id, what, board_id, recipient, owed_at, tries } = Row::from_query_result(&row, "")?;
        let what =
            ProbeWhat::ALL.iter().copied().find(|known| known.as_str() == what).ok_or_else(|| unreadable(&"it is of no known kind"))?;
        let board = self.board(BoardId::from(board_id)).await?.ok_or_else(|| unreadable(&"its board is not there"))?.details;
        let to = recipient.map(|to| to.parse()).transpose().map_err(|error| unreadable(&error))?;
        let claim = ProbeClaim { probe: id.into(), token };
        Ok(Some(ProbeMail { claim, what, board, to, owed_at, tries: u32::try_from(tries).unwrap_or(0) }))
    }

    /// `false` if it is somebody else's by now.
    pub async fn renew_probe_mail(&self, claim: ProbeClaim) -> Result<bool, LedgerError> {
        let until = self.clock().now() + self.lease();
        Ok(!PROBES.renew(self.database(), &[(claim.probe.uuid(), claim.token)], until).await?.is_empty())
    }

    /// Writes how a try ended: the same ladder as for an applicant's mail.
    pub async fn settle_probe_mail(&self, mail: &ProbeMail, outcome: &Outcome) -> Result<(), LedgerError> {
        let (database, now) = (self.database(), self.clock().now());
        let ProbeMail { claim, tries, owed_at, what: _, board: _, to: _ } = mail;
        let tried = Tried { tries: *tries, send_after: *owed_at, cancel_requested: false, maybe_sent: false };
        let columns = [
            Column::Uuid("id"),
            Column::Uuid("token"),
            Column::Time("at"),
            Column::Time("wake_at"),
            Column::Int("tries"),
            Column::Text("trouble"),
        ];
        let row = |wake_at: DateTime<Utc>, tries: i64, trouble: &str| {
            let (id, token) = (claim.probe.uuid(), claim.token);
            [id.into(), token.into(), now.into(), wake_at.into(), Cell::Int(tries), super::news::kept(trouble).into()]
        };
        let (statement, row) = match settle(tried, outcome, now, self.random().fraction()) {
            Settled::Sent => (ACCEPTED, row(now, i64::from(*tries), "")),
            Settled::Again { wake_at, counts, .. } => (AGAIN, row(wake_at, i64::from(*tries) - i64::from(!counts), trouble(outcome))),
            Settled::Held { .. } | Settled::Undeliverable | Settled::Cancelled { .. } => {
                (GIVEN_UP, row(now, i64::from(*tries), trouble(outcome)))
            }
        };
        let statement = Rows::new(columns, [row]).statement(database.backend(), statement);
        database.writer().execute_raw(statement).await?;
        Ok(())
    }
}

fn trouble(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Accepted { reply } => reply,
        Outcome::Retry { reason }
        | Outcome::RelayDown { reason, .. }
        | Outcome::Configuration { reason, .. }
        | Outcome::MaybeSent { reason }
        | Outcome::Undeliverable { reason }
        | Outcome::Hold { reason } => reason,
    }
}
