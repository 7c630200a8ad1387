//! What became of a mail to a person of the organisation. The same ladder as for an applicant; and if it cannot be delivered, the next
//! person is told.

use chrono::{DateTime, Utc};
use hearback_domain::notification::{Outcome, Settled, Tried, settle};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};

use super::StaffClaim;
use crate::{
    Ledger, LedgerError, SentMail,
    rows::{Cell, Column, Rows},
};

/// How one try ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaffEnded {
    pub claim: StaffClaim,
    pub at: DateTime<Utc>,
    pub outcome: Outcome,
    /// What was handed over; `None` if it never came to that.
    pub mail: Option<SentMail>,
    /// The transport's name.
    pub relay: String,
}

#[derive(FromQueryResult)]
struct Row {
    tries: i32,
    send_after: DateTime<Utc>,
    maybe_sent: bool,
}

/// Whatever became of the claim meanwhile: a relay has it.
const UPDATE_SENT: &str = "UPDATE staff_mail SET state = 'sent', claim_token = NULL, settled_at = v.at, relay = v.relay, reply = v.reply,
    subject = v.subject, text_part = v.text_part, template_version = v.template_version, sha256 = v.sha256, raw = NULL
    FROM v WHERE staff_mail.id = v.id AND state <> 'sent'";

const UPDATE_NOT_SENT: &str = "UPDATE staff_mail SET state = v.state, wake_at = v.wake_at, tries = v.tries, maybe_sent = v.maybe_sent,
    trouble = v.trouble, settled_at = v.settled_at, relay = v.relay, claim_token = NULL,
    subject = COALESCE(v.subject, staff_mail.subject), text_part = COALESCE(v.text_part, staff_mail.text_part),
    template_version = COALESCE(v.template_version, staff_mail.template_version), sha256 = COALESCE(v.sha256, staff_mail.sha256),
    raw = COALESCE(v.raw, staff_mail.raw)
    FROM v WHERE staff_mail.id = v.id AND claim_token = v.token AND staff_mail.state || '' = 'sending'";

const FIND: &str = "SELECT tries, send_after, maybe_sent FROM staff_mail WHERE id = $1 AND claim_token = $2 AND state || '' = 'sending'";

impl Ledger {
    /// Writes how a try ended. Settling the same end twice changes nothing.
    pub async fn settle_staff_mail(&self, ended: &StaffEnded) -> Result<(), LedgerError> {
        let (database, backend) = (self.database(), self.database().backend());
        let StaffEnded { claim, at, outcome, mail, relay } = ended;
        if let Outcome::Accepted { reply } = outcome {
            let row = [
                claim.mail.uuid().into(),
                (*at).into(),
                relay.clone().into(),
                reply.clone().into(),
                mail.as_ref().map(|mail| mail.subject.clone()).into(),
                mail.as_ref().map(|mail| mail.text.clone()).into(),
                mail.as_ref().map(|mail| mail.template_version.clone()).into(),
                mail.as_ref().map_or(Cell::Null, |mail| Cell::Bytes(mail.sha256.to_vec())),
            ];
            database.writer().execute_raw(Rows::new(sent_columns(), [row]).statement(backend, UPDATE_SENT)).await?;
            return Ok(());
        }
        // No lock: as long as the token is this one, nobody else changes the row, and the update asks for it again.
        let values = [claim.mail.uuid().into(), claim.token.into()];
        let row = database.reader().query_one_raw(Statement::from_sql_and_values(backend, FIND, values)).await?;
        let Some(row) = row.map(|row| Row::from_query_result(&row, "")).transpose()? else { return Ok(()) };
        let Row { tries, send_after, maybe_sent } = row;
        let tries = u32::try_from(tries).map_err(|error| LedgerError::unreadable("staff_mail", error))?;
        let tried = Tried { tries, send_after, cancel_requested: false, maybe_sent };
        let settled = settle(tried, outcome, *at, self.random().fraction());
        let statement = Rows::new(not_sent_columns(), [not_sent_row(ended, tried, &settled)]).statement(backend, UPDATE_NOT_SENT);
        database.writer().execute_raw(statement).await?;
        Ok(())
    }
}

/// What the relay said, or what went wrong.
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

fn not_sent_row(ended: &StaffEnded, tried: Tried, settled: &Settled) -> [Cell; 14] {
    let in_doubt = tried.maybe_sent || matches!(ended.outcome, Outcome::MaybeSent { .. });
    let said = trouble(&ended.outcome);
    let (state, wake_at, counts, trouble) = match settled {
        Settled::Again { wake_at, counts, .. } => ("scheduled", *wake_at, *counts, said),
        Settled::Held { reason, .. } => ("held", ended.at, true, reason.as_str()),
        // Nobody takes a mail to a person back, and an acceptance was written before.
        Settled::Undeliverable | Settled::Cancelled { .. } | Settled::Sent => ("undeliverable", ended.at, true, said),
    };
    let settled_at = (state != "scheduled").then_some(ended.at);
    let mail = ended.mail.as_ref().filter(|_| in_doubt);
    // PostgreSQL takes no NUL, and another server may say anything.
    let trouble: String = trouble.chars().map(|c| if c.is_control() { ' ' } else { c }).take(2_000).collect();
    [
        ended.claim.mail.uuid().into(),
        ended.claim.token.into(),
        state.to_owned().into(),
        wake_at.into(),
        Cell::Int(i64::from(tried.tries) - i64::from(!counts)),
        Cell::Bool(in_doubt),
        trouble.into(),
        settled_at.into(),
        ended.relay.clone().into(),
        mail.map(|mail| mail.subject.clone()).into(),
        mail.map(|mail| mail.text.clone()).into(),
        mail.map(|mail| mail.template_version.clone()).into(),
        mail.map_or(Cell::Null, |mail| Cell::Bytes(mail.sha256.to_vec())),
        mail.map_or(Cell::Null, |mail| Cell::Bytes(mail.raw.clone())),
    ]
}

const fn sent_columns() -> [Column; 8] {
    [
        Column::Uuid("id"),
        Column::Time("at"),
        Column::Text("relay"),
        Column::Text("reply"),
        Column::Text("subject"),
        Column::Text("text_part"),
        Column::Text("template_version"),
        Column::Bytes("sha256"),
    ]
}

const fn not_sent_columns() -> [Column; 14] {
    [
        Column::Uuid("id"),
        Column::Uuid("token"),
        Column::Text("state"),
        Column::Time("wake_at"),
        Column::Int("tries"),
        Column::Bool("maybe_sent"),
        Column::Text("trouble"),
        Column::Time("settled_at"),
        Column::Text("relay"),
        Column::Text("subject"),
        Column::Text("text_part"),
        Column::Text("template_version"),
        Column::Bytes("sha256"),
        Column::Bytes("raw"),
    ]
}
