//! A mail system says that a message of ours did not arrive, or not yet.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use hearback_domain::{
    actor::Actor,
    event::EventKind,
    ids::{ApplicationId, NotificationId, TryId},
    notification::State,
    promise::{Decision, Happening, Message, decide},
};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde_json::json;
use uuid::Uuid;

use super::{
    InboundClaim, InboundEnd, Understood, kept,
    together::{Act, commit, written},
    understood::Ends,
};
use crate::{
    Ledger, LedgerError,
    change::{Lock, Locked, LockedAll, NewEvent, Rejected, Step, execute, lock, write},
    rows::{Column, Rows},
};

/// What is said of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounce {
    pub about: NotificationId,
    /// It will not arrive any more. Otherwise it may yet, and is noted only.
    pub is_final: bool,
    /// The address itself takes no mail: the next message to it is not tried, but asked about.
    pub is_address: bool,
    /// What the mail system says: a status code and a word. No address.
    pub reason: String,
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

/// A bounce, and the mail that says so.
#[derive(Debug)]
pub(crate) struct CameBack {
    pub(super) claim: InboundClaim,
    pub(super) bounce: Bounce,
}

impl Ledger {
    /// The message, what is owed from now on, and the mail's own end, in one transaction.
    pub async fn record_bounce(&self, claim: InboundClaim, bounce: Bounce) -> Result<Recorded, LedgerError> {
        written(self.bounces(), CameBack { claim, bounce }).await
    }
}

#[derive(FromQueryResult)]
struct Row {
    id: Uuid,
    kind: String,
    state: String,
    maybe_sent: bool,
    stage: Option<String>,
    promised_by: Option<DateTime<Utc>>,
    send_after: DateTime<Utc>,
    due_at: DateTime<Utc>,
    settled_at: Option<DateTime<Utc>>,
}

const APPLICATIONS: &str = "SELECT id, application_id FROM notification WHERE id IN (SELECT v.id FROM v)";

const MESSAGES: &str = "SELECT id, kind, state, maybe_sent, stage, promised_by, send_after, due_at, settled_at
    FROM notification WHERE id IN (SELECT v.id FROM v)";

const BOUNCED: &str =
    "UPDATE notification SET state = 'bounced', settled_at = v.at FROM v WHERE notification.id = v.id AND state || '' = 'sent'
    RETURNING notification.id";

/// Not one that was corrected since: the message went to the one before.
const MARK: &str = "UPDATE candidate SET refused_at = v.at FROM v JOIN notification n ON n.id = v.id
    JOIN application a ON a.id = n.application_id
    WHERE candidate.id = a.candidate_id AND n.sent_to IS NULL AND candidate.refused_at IS NULL";

const TRY: &str = "INSERT INTO try (id, notification_id, at, outcome, reason, relay)
    SELECT id, notification_id, at, outcome, reason, NULL FROM v";

impl Act for CameBack {
    type Written = Recorded;

    /// Of each application only the first: the next is decided with what that one left.
    async fn write(ledger: &Ledger, acts: &[&Self]) -> Result<Vec<Option<Recorded>>, LedgerError> {
        let transaction = ledger.database().begin().await?;
        let backend = transaction.get_database_backend();
        let (mut recorded, mut ends) = (vec![None; acts.len()], Ends::default());
        let mut end = |at: usize, result: &str, about: Option<NotificationId>, as_what| {
            let understood = Understood { kind: "bounce", result, end: InboundEnd::Done, about };
            ends.add(ledger, at, acts[at].claim, &understood);
            recorded[at] = Some(as_what);
        };
        let mut not_yet = Vec::new();

        let abouts = Rows::new([Column::Uuid("id")], acts.iter().map(|act| [act.bounce.about.uuid().into()]));
        let mut application_of = HashMap::new();
        for row in transaction.query_all_raw(abouts.statement(backend, APPLICATIONS)).await? {
            application_of.insert(row.try_get::<Uuid>("", "id")?, row.try_get::<Uuid>("", "application_id")?.into());
        }
        let mut first_of = HashSet::<ApplicationId>::new();
        let mut first = Vec::with_capacity(acts.len());
        for (at, act) in acts.iter().enumerate() {
            match application_of.get(&act.bounce.about.uuid()) {
                Some(application) if first_of.insert(*application) => first.push((at, *application)),
                Some(_) => {}
                None => end(at, "the message is not on record", None, Recorded::NothingToDo),
            }
        }

        let applications: Vec<ApplicationId> = first.iter().map(|(_, application)| *application).collect();
        let LockedAll { readable, unreadable: _ } = lock(&transaction, &applications, Lock::Applications).await?;
        let now = ledger.clock().now();
        let mut messages = HashMap::new();
        for row in transaction.query_all_raw(abouts.statement(backend, MESSAGES)).await? {
            let row = Row::from_query_result(&row, "")?;
            messages.insert(row.id, row);
        }
        let mut sent = Vec::with_capacity(first.len());
        for (at, application) in first {
            let about = acts[at].bounce.about;
            let locked = readable.get(&application);
            if locked.is_some_and(|locked| locked.is_erased) {
                end(at, "the applicant's data is erased: nothing to do", Some(about), Recorded::NothingToDo);
                continue;
            }
            let row = messages.get(&about.uuid()).ok_or_else(|| LedgerError::unreadable("notification", "it is gone"))?;
            match row.state.parse().map_err(|error| LedgerError::unreadable("notification", error))? {
                State::Sent => sent.push((at, locked, row)),
                // A report can be faster than the settlement of what the relay took.
                State::Sending => not_yet.push(at),
                State::Scheduled if row.maybe_sent => not_yet.push(at),
                state => end(at, &format!("the message is {state}: nothing to do"), Some(about), Recorded::NothingToDo),
            }
        }

        let finals = sent.iter().filter(|(at, ..)| acts[*at].bounce.is_final).map(|(_, _, row)| [row.id.into(), now.into()]);
        let finals = Rows::new([Column::Uuid("id"), Column::Time("at")], finals);
        let mut came_back = HashSet::<Uuid>::new();
        if !finals.is_empty() {
            for row in transaction.query_all_raw(finals.statement(backend, BOUNCED)).await? {
                came_back.insert(row.try_get("", "id")?);
            }
        }
        let (mut tries, mut marks, mut steps) = (Vec::new(), Vec::new(), Vec::new());
        for (at, locked, row) in sent {
            let Bounce { about, is_final, is_address, reason } = &acts[at].bounce;
            if *is_final && !came_back.contains(&row.id) {
                // Changed between the two statements: look again.
                not_yet.push(at);
                continue;
            }
            let outcome = if *is_final { "bounced" } else { "delayed" };
            let id = ledger.ids().next::<TryId>().uuid();
            tries.push([id.into(), row.id.into(), now.into(), outcome.to_owned().into(), kept(reason).into()]);
            if !is_final {
                end(at, "noted: it may arrive yet", Some(*about), Recorded::Noted);
                continue;
            }
            if *is_address {
                marks.push([row.id.into(), now.into()]);
            }
            // An application that this release cannot read has its message reopened all the same; `staff` finds it by its state.
            if let Some(locked) = locked {
                let decision = not_told(ledger, locked, row, now)?;
                let data = json!({ "notification": about, "state": State::Bounced, "reason": kept(reason), "sent_at": row.settled_at });
                let event = Some(NewEvent::of(EventKind::NotTold, &Actor::system("inbound"), data));
                steps.push(Step { locked, decision, settled: None, event, rejected: Rejected::Unchanged, words: None });
            }
            end(at, "the message came back: a person is asked to act", Some(*about), Recorded::Reopened);
        }
        let columns =
            [Column::Uuid("id"), Column::Uuid("notification_id"), Column::Time("at"), Column::Text("outcome"), Column::Text("reason")];
        execute(&transaction, Rows::new(columns, tries), TRY).await?;
        execute(&transaction, Rows::new([Column::Uuid("id"), Column::Time("at")], marks), MARK).await?;
        write(ledger, &transaction, steps, now).await?;
        for at in not_yet {
            recorded[at] = Some(Recorded::NotYet);
        }
        commit(transaction, ends, recorded, Recorded::LostClaim).await
    }
}

fn not_told(ledger: &Ledger, locked: &Locked, row: &Row, now: DateTime<Utc>) -> Result<Decision, LedgerError> {
    let unreadable = |error: &dyn std::fmt::Display| LedgerError::unreadable("notification", error);
    let message = Message {
        id: row.id.into(),
        kind: row.kind.parse().map_err(|error| unreadable(&error))?,
        state: State::Bounced,
        maybe_sent: row.maybe_sent,
        stage: row.stage.as_deref().map(str::parse).transpose().map_err(|error| unreadable(&error))?,
        promised_by: row.promised_by,
        send_after: row.send_after,
        due_at: row.due_at,
        answers_until: None,
    };
    decide(&Happening::NotTold { message }, &locked.facts, &ledger.policy_under(&locked.overriding), now)
        .map_err(|refusal| LedgerError::unreadable("application", refusal))
}
