//! A mail system says that a message of ours did not arrive, or not yet.

use chrono::{DateTime, Utc};
use hearback_domain::{
    actor::Actor,
    event::EventKind,
    ids::{ApplicationId, NotificationId, TryId},
    notification::State,
    promise::{Happening, Message, decide},
};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use serde_json::json;
use uuid::Uuid;

use super::{InboundClaim, InboundEnd, Understood, end, kept};
use crate::{
    Ledger, LedgerError,
    change::{Lock, NewEvent, Rejected, Step, lock, write},
    database::Transaction,
    rows::{Column, Rows},
};

/// What is said of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounce<'a> {
    pub about: NotificationId,
    /// It will not arrive any more. Otherwise it may yet, and is noted only.
    pub is_final: bool,
    /// The address itself takes no mail: the next message to it is not tried, but asked about.
    pub is_address: bool,
    /// What the mail system says: a status code and a word. No address.
    pub reason: &'a str,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// The promise is open again, and a person is asked to act.
    Reopened,
    /// Noted beside the message.
    Noted,
    /// The message is not one that was sent and stands: it came back before, or was never sent.
    NothingToDo,
    /// The relay took it, and that is not written down yet. Come again later.
    NotYet,
    /// The mail is somebody else's by now.
    LostClaim,
}

#[derive(FromQueryResult)]
struct Row {
    application_id: Uuid,
    kind: String,
    state: String,
    maybe_sent: bool,
    stage: Option<String>,
    promised_by: Option<DateTime<Utc>>,
    send_after: DateTime<Utc>,
    due_at: DateTime<Utc>,
    settled_at: Option<DateTime<Utc>>,
}

const APPLICATION: &str = "SELECT application_id FROM notification WHERE id = $1";

const MESSAGE: &str = "SELECT application_id, kind, state, maybe_sent, stage, promised_by, send_after, due_at, settled_at
    FROM notification WHERE id = $1";

const BOUNCED: &str =
    "UPDATE notification SET state = 'bounced', settled_at = v.at FROM v WHERE notification.id = v.id AND state || '' = 'sent'
    RETURNING notification.id";

/// Not one that was corrected since: the message went to the one before.
const MARK: &str = "UPDATE candidate SET refused_at = v.at FROM v JOIN notification n ON n.id = v.id
    JOIN application a ON a.id = n.application_id
    WHERE candidate.id = a.candidate_id AND n.sent_to IS NULL AND candidate.refused_at IS NULL";

const TRY: &str = "INSERT INTO try (id, notification_id, at, outcome, reason, relay)
    SELECT id, notification_id, at, outcome, reason, NULL FROM v";

/// A deadlock or a lost race: the transaction is rolled back and the next attempt sees what the winner wrote.
const ATTEMPTS: usize = 4;

impl Ledger {
    /// The message, what is owed from now on, and the mail's own end, in one transaction.
    pub async fn record_bounce(&self, claim: InboundClaim, bounce: &Bounce<'_>) -> Result<Recorded, LedgerError> {
        let mut attempt = 1;
        loop {
            match self.try_to_record_bounce(claim, bounce).await {
                Err(error) if error.is_lost_race() && attempt < ATTEMPTS => attempt += 1,
                other => return other,
            }
        }
    }

    async fn try_to_record_bounce(&self, claim: InboundClaim, bounce: &Bounce<'_>) -> Result<Recorded, LedgerError> {
        let Bounce { about, is_final, is_address, reason } = bounce;
        let ended = |result, about| Understood { kind: "bounce", result, end: InboundEnd::Done, about };
        let transaction = self.database().begin().await?;
        let backend = transaction.get_database_backend();
        let found = transaction.query_one_raw(Statement::from_sql_and_values(backend, APPLICATION, [about.uuid().into()])).await?;
        let Some(found) = found else {
            return commit(self, transaction, claim, &ended("the message is not on record", None), Recorded::NothingToDo).await;
        };
        let application: ApplicationId = found.try_get::<Uuid>("", "application_id")?.into();
        let locked = lock(&transaction, &[application], Lock::Applications).await?.readable.remove(&application);
        if locked.as_ref().is_some_and(|locked| locked.is_erased) {
            let result = ended("the applicant's data is erased: nothing to do", Some(*about));
            return commit(self, transaction, claim, &result, Recorded::NothingToDo).await;
        }
        let now = self.clock().now();
        let row = transaction.query_one_raw(Statement::from_sql_and_values(backend, MESSAGE, [about.uuid().into()])).await?;
        let row = row.ok_or_else(|| LedgerError::unreadable("notification", "it is gone"))?;
        let row = Row::from_query_result(&row, "")?;
        let state: State = row.state.parse().map_err(|error| LedgerError::unreadable("notification", error))?;
        match state {
            State::Sent => {}
            // A report can be faster than the settlement of what the relay took.
            State::Sending => return Ok(Recorded::NotYet),
            State::Scheduled if row.maybe_sent => return Ok(Recorded::NotYet),
            State::Scheduled | State::Waiting | State::Held | State::Bounced | State::Undeliverable | State::Cancelled => {
                let result = format!("the message is {state}: nothing to do");
                return commit(self, transaction, claim, &ended(&result, Some(*about)), Recorded::NothingToDo).await;
            }
        }
        let outcome = if *is_final { "bounced" } else { "delayed" };
        let columns =
            [Column::Uuid("id"), Column::Uuid("notification_id"), Column::Time("at"), Column::Text("outcome"), Column::Text("reason")];
        let id = self.ids().next::<TryId>().uuid();
        let tried = [id.into(), about.uuid().into(), now.into(), outcome.to_owned().into(), kept(reason).into()];
        transaction.execute_raw(Rows::new(columns, [tried]).statement(backend, TRY)).await?;
        if !is_final {
            return commit(self, transaction, claim, &ended("noted: it may arrive yet", Some(*about)), Recorded::Noted).await;
        }
        let columns = [Column::Uuid("id"), Column::Time("at")];
        let came_back = Rows::new(columns, [[about.uuid().into(), now.into()]]).statement(backend, BOUNCED);
        if transaction.query_all_raw(came_back).await?.is_empty() {
            // Changed between the two statements: look again.
            return Ok(Recorded::NotYet);
        }
        if *is_address {
            let marked = Rows::new([Column::Uuid("id"), Column::Time("at")], [[about.uuid().into(), now.into()]]);
            transaction.execute_raw(marked.statement(backend, MARK)).await?;
        }
        // An application that this release cannot read has its message reopened all the same; `staff` finds it by its state.
        if let Some(locked) = &locked {
            let unreadable = |error: &dyn std::fmt::Display| LedgerError::unreadable("notification", error);
            let message = Message {
                id: *about,
                kind: row.kind.parse().map_err(|error| unreadable(&error))?,
                state: State::Bounced,
                maybe_sent: row.maybe_sent,
                stage: row.stage.as_deref().map(str::parse).transpose().map_err(|error| unreadable(&error))?,
                promised_by: row.promised_by,
                send_after: row.send_after,
                due_at: row.due_at,
                answers_until: None,
            };
            let decision = decide(&Happening::NotTold { message }, &locked.facts, &self.policy_under(&locked.overriding), now)
                .map_err(|refusal| LedgerError::unreadable("application", refusal))?;
            let data = json!({ "notification": about, "state": State::Bounced, "reason": kept(reason), "sent_at": row.settled_at });
            let event = Some(NewEvent::of(EventKind::NotTold, &Actor::system("inbound"), data));
            let step = Step { locked, decision, settled: None, event, rejected: Rejected::Unchanged, words: None };
            write(self, &transaction, vec![step], now).await?;
        }
        debug_assert_eq!(row.application_id, application.uuid(), "a message stays with its application");
        commit(self, transaction, claim, &ended("the message came back: a person is asked to act", Some(*about)), Recorded::Reopened).await
    }
}

async fn commit(
    ledger: &Ledger,
    transaction: Transaction,
    claim: InboundClaim,
    understood: &Understood<'_>,
    recorded: Recorded,
) -> Result<Recorded, LedgerError> {
    if !end(ledger, &transaction, claim, understood).await? {
        // Dropped: whoever has the mail now writes all of it.
        return Ok(Recorded::LostClaim);
    }
    transaction.commit().await?;
    Ok(recorded)
}
