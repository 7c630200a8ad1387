//! What became of messages that were being sent, written for many of them at once.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use hearback_domain::{
    actor::Actor,
    event::EventKind,
    ids::{ApplicationId, TryId},
    notification::{Outcome, Settled, State, Tried, settle},
    promise::{Decision, Happening, decide},
};
use serde_json::json;
use uuid::Uuid;

use super::{Ended, SentMail};
use crate::{
    Ledger, LedgerError,
    change::{Lock, Locked, LockedAll, NewEvent, Rejected, Step, execute, lock, write},
    rows::{Cell, Column, Rows},
};

/// A lost race is rolled back and looked at again.
const ATTEMPTS: usize = 4;

/// What one settlement writes besides what decisions do.
#[derive(Default)]
struct Writes<'a> {
    sent: Vec<[Cell; 8]>,
    held: Vec<[Cell; 3]>,
    not_sent: Vec<[Cell; 13]>,
    tries: Vec<[Cell; 6]>,
    steps: Vec<Step<'a>>,
}

impl Ledger {
    /// Writes how tries ended, all in one transaction. Settling the same end twice changes nothing.
    pub async fn settle(&self, ended: &[Ended]) -> Result<(), LedgerError> {
        self.settle_all(ended.iter().collect()).await
    }

    pub(super) async fn settle_all(&self, ended: Vec<&Ended>) -> Result<(), LedgerError> {
        let mut left = ended;
        while !left.is_empty() {
            let mut first_of = FirstOf::default();
            let (first, later) = left.into_iter().partition::<Vec<_>, _>(|ended| first_of.its_application(ended));
            self.settle_together(&first, Lock::Applications).await?;
            left = later;
        }
        Ok(())
    }

    /// The same for those whose application nobody else is changing. Returns which ones are left, in the order given.
    pub(super) async fn settle_free(&self, ended: &[&Ended]) -> Result<Vec<bool>, LedgerError> {
        let mut first_of = FirstOf::default();
        let first: Vec<&Ended> = ended.iter().copied().filter(|ended| first_of.its_application(ended)).collect();
        let settled = self.settle_together(&first, Lock::FreeApplications).await?;
        let mut first_of = FirstOf::default();
        Ok(ended.iter().map(|ended| !first_of.its_application(ended) || !settled.contains(&ended.claim.application)).collect())
    }

    /// Returns the applications that were found and not left out.
    async fn settle_together(&self, ended: &[&Ended], how: Lock) -> Result<HashSet<ApplicationId>, LedgerError> {
        let mut attempt = 1;
        loop {
            match self.try_to_settle(ended, how).await {
                Err(error) if error.is_lost_race() && attempt < ATTEMPTS => attempt += 1,
                other => return other,
            }
        }
    }

    async fn try_to_settle(&self, ended: &[&Ended], how: Lock) -> Result<HashSet<ApplicationId>, LedgerError> {
        let applications: Vec<ApplicationId> = ended.iter().map(|ended| ended.claim.application).collect();
        let transaction = self.database().begin().await?;
        let LockedAll { readable, unreadable } = lock(&transaction, &applications, how).await?;
        let mut writes = Writes::default();
        for ended in ended {
            if let Some(reason) = unreadable.get(&ended.claim.application) {
                writes.add_without_facts(ended, reason);
                continue;
            }
            let found =
                readable.get(&ended.claim.application).and_then(|locked| Some((locked, locked.position(ended.claim.notification)?)));
            match found {
                Some((locked, at)) => writes.add(self, ended, locked, at)?,
                // Settled already, by an earlier claim's acceptance; or the row is gone, and reconciling derives it again.
                None => tracing::debug!(notification = %ended.claim.notification, "nothing is left to settle"),
            }
        }
        let Writes { sent, held, not_sent, tries, steps } = writes;
        let now = self.clock().now();
        // The old head leaves its chain before the next is promoted: a unique index allows one.
        execute(&transaction, Rows::new(sent_columns(), sent), UPDATE_SENT).await?;
        execute(&transaction, Rows::new(held_columns(), held), UPDATE_HELD).await?;
        execute(&transaction, Rows::new(not_sent_columns(), not_sent), UPDATE_NOT_SENT).await?;
        execute(&transaction, Rows::new(try_columns(), tries), INSERT_TRIES).await?;
        let something_due = write(self, &transaction, steps, now).await?;
        transaction.commit().await?;
        if something_due {
            self.wake();
        }
        Ok(readable.into_keys().chain(unreadable.into_keys()).collect())
    }
}

/// Only the head of a chain is ever claimed: one application twice is one message ended twice, or its successor. The later is decided
/// with what the earlier left.
#[derive(Default)]
struct FirstOf(HashSet<ApplicationId>);

impl FirstOf {
    fn its_application(&mut self, ended: &Ended) -> bool {
        self.0.insert(ended.claim.application)
    }
}

impl<'a> Writes<'a> {
    /// For an application that cannot be read: nothing can be decided. A relay's acceptance is written all the same, and anything else waits
    /// for a person.
    fn add_without_facts(&mut self, ended: &Ended, reason: &str) {
        tracing::error!(application = %ended.claim.application, reason, "a message is settled without its application, which cannot be read");
        if let Outcome::Accepted { reply } = &ended.outcome {
            self.sent.push(sent_row(ended, reply));
        } else {
            self.held.push([ended.claim.notification.uuid().into(), ended.claim.token.into(), format!("unreadable: {reason}").into()]);
        }
    }

    fn add(&mut self, ledger: &Ledger, ended: &Ended, locked: &'a Locked, at: usize) -> Result<(), LedgerError> {
        let (message, row) = (&locked.facts.messages[at], &locked.messages[at]);
        let policy = ledger.policy_under(&locked.overriding);
        let decided = |happening| {
            decide(&happening, &locked.facts, &policy, ended.at).map_err(|refusal| LedgerError::unreadable("application", refusal))
        };
        if let Outcome::Accepted { reply } = &ended.outcome {
            if locked.is_erased {
                // It was taken back, and went out all the same. What it said is not kept, and nobody is left to correct it to.
                let nothing_of_it = Ended { mail: None, ..Ended::clone(ended) };
                let code: String = reply.chars().take(3).collect();
                self.sent.push(sent_row(&nothing_of_it, &format!("{code} erased")));
                return Ok(());
            }
            // Whatever became of the claim meanwhile: a relay has it.
            self.sent.push(sent_row(ended, reply));
            let decision = decided(Happening::Accepted { message: message.clone() })?;
            self.steps.push(step(locked, decision, at, EventKind::AcceptedAfterUndo));
            return Ok(());
        }
        if message.state != State::Sending || row.claim_token != Some(ended.claim.token) {
            return Ok(());
        }
        let tried =
            Tried { tries: row.tries, send_after: row.send_after, cancel_requested: row.cancel_requested, maybe_sent: message.maybe_sent };
        let settled = settle(tried, &ended.outcome, ended.at, ledger.random().fraction());
        self.not_sent.push(not_sent_row(ended, tried, &settled));
        if let Some((outcome, reason)) = counted(&ended.outcome) {
            let id = ledger.ids().next::<TryId>().uuid().into();
            let (outcome, reason, relay) = (outcome.to_owned(), kept(reason), ended.relay.clone());
            self.tries.push([id, ended.claim.notification.uuid().into(), ended.at.into(), outcome.into(), reason.into(), relay.into()]);
        }
        match settled {
            Settled::Cancelled { owes_correction: true } => {
                let decision = decided(Happening::TakenBackInDoubt { message: message.clone() })?;
                self.steps.push(step(locked, decision, at, EventKind::TakenBackInDoubt));
            }
            Settled::Cancelled { owes_correction: false } => {
                let decision = decided(Happening::TakenBack { message: message.clone() })?;
                self.steps.push(step(locked, decision, at, EventKind::TakenBackInDoubt));
            }
            Settled::Undeliverable => {
                let decision = not_told(ledger, ended, locked, at, State::Undeliverable)?;
                self.steps.push(step(locked, decision, at, EventKind::NotTold));
            }
            // It stays the head of its chain.
            Settled::Held { .. } => {
                let decision = not_told(ledger, ended, locked, at, State::Held)?;
                self.steps.push(Step { settled: None, ..step(locked, decision, at, EventKind::NotTold) });
            }
            Settled::Sent | Settled::Again { .. } => {}
        }
        Ok(())
    }
}

/// Silence has an end all the same. Which person hears of it, `staff` finds by the message's state.
fn not_told(ledger: &Ledger, ended: &Ended, locked: &Locked, at: usize, state: State) -> Result<Decision, LedgerError> {
    let mut facts = locked.facts.clone();
    facts.messages[at].state = state;
    let message = facts.messages[at].clone();
    let decision = decide(&Happening::NotTold { message }, &facts, &ledger.policy_under(&locked.overriding), ended.at);
    decision.map_err(|refusal| LedgerError::unreadable("application", refusal))
}

/// A settlement is an event of its own only if something more is owed for it: that it was sent, the message itself says.
fn step(locked: &Locked, decision: Decision, at: usize, kind: EventKind) -> Step<'_> {
    let event = (!decision.owe.is_empty()).then(|| NewEvent::of(kind, &Actor::system("delivery"), json!({})));
    Step { locked, decision, settled: Some(locked.messages[at].id), event, rejected: Rejected::Unchanged, words: None }
}

/// How a try is written down; a relay that is away, or that refuses us, makes it nobody's try.
fn counted(outcome: &Outcome) -> Option<(&'static str, &str)> {
    match outcome {
        Outcome::Accepted { .. } | Outcome::RelayDown { .. } | Outcome::Configuration { .. } => None,
        Outcome::Retry { reason } => Some(("retry", reason)),
        Outcome::MaybeSent { reason } => Some(("maybe_sent", reason)),
        Outcome::Undeliverable { reason } => Some(("undeliverable", reason)),
        Outcome::Hold { reason } => Some(("hold", reason)),
    }
}

/// What another server said, as it can be stored and shown: no control characters (PostgreSQL takes no NUL), and no endless text.
fn kept(said: &str) -> String {
    const MOST: usize = 2_000;
    said.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MOST).collect()
}

const UPDATE_SENT: &str = "UPDATE notification SET state = 'sent', claim_token = NULL, settled_at = v.at, relay = v.relay, reply = v.reply,
    subject = v.subject, text_part = v.text_part, template_version = v.template_version, sha256 = v.sha256, raw = NULL
    FROM v WHERE notification.id = v.id";

/// Also what a claim does with rows that it cannot read.
pub(super) const UPDATE_HELD: &str = "UPDATE notification SET state = 'held', hold_reason = v.reason, claim_token = NULL
    FROM v WHERE notification.id = v.id AND claim_token = v.token AND notification.state || '' = 'sending'";

pub(super) const fn held_columns() -> [Column; 3] {
    [Column::Uuid("id"), Column::Uuid("token"), Column::Text("reason")]
}

const UPDATE_NOT_SENT: &str = "UPDATE notification SET state = v.state, wake_at = v.wake_at, tries = v.tries, maybe_sent = v.maybe_sent,
    hold_reason = v.hold_reason, settled_at = v.settled_at, claim_token = NULL,
    subject = COALESCE(v.subject, notification.subject), text_part = COALESCE(v.text_part, notification.text_part),
    template_version = COALESCE(v.template_version, notification.template_version), sha256 = COALESCE(v.sha256, notification.sha256),
    raw = COALESCE(v.raw, notification.raw)
    FROM v WHERE notification.id = v.id AND claim_token = v.token AND notification.state || '' = 'sending'";

const INSERT_TRIES: &str = "INSERT INTO try (id, notification_id, at, outcome, reason, relay)
    SELECT id, notification_id, at, outcome, reason, relay FROM v";

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

fn sent_row(ended: &Ended, reply: &str) -> [Cell; 8] {
    let mail = ended.mail.as_ref();
    [
        ended.claim.notification.uuid().into(),
        ended.at.into(),
        ended.relay.clone().into(),
        kept(reply).into(),
        mail.map(|mail| mail.subject.clone()).into(),
        mail.map(|mail| mail.text.clone()).into(),
        mail.map(|mail| mail.template_version.clone()).into(),
        mail.map_or(Cell::Null, |mail| Cell::Bytes(mail.sha256.to_vec())),
    ]
}

const fn not_sent_columns() -> [Column; 13] {
    [
        Column::Uuid("id"),
        Column::Uuid("token"),
        Column::Text("state"),
        Column::Time("wake_at"),
        Column::Int("tries"),
        Column::Bool("maybe_sent"),
        Column::Text("hold_reason"),
        Column::Time("settled_at"),
        Column::Text("subject"),
        Column::Text("text_part"),
        Column::Text("template_version"),
        Column::Bytes("sha256"),
        Column::Bytes("raw"),
    ]
}

fn not_sent_row(ended: &Ended, tried: Tried, settled: &Settled) -> [Cell; 13] {
    let in_doubt = tried.maybe_sent || matches!(ended.outcome, Outcome::MaybeSent { .. });
    let (state, wake_at, counts, reason) = match settled {
        Settled::Sent => (State::Sent, ended.at, true, None),
        Settled::Again { wake_at, counts, .. } => (State::Scheduled, *wake_at, *counts, None),
        Settled::Held { reason, .. } => (State::Held, ended.at, true, Some(kept(reason))),
        Settled::Undeliverable => (State::Undeliverable, ended.at, true, None),
        Settled::Cancelled { .. } => (State::Cancelled, ended.at, true, None),
    };
    let settled_at: Option<DateTime<Utc>> = (!state.is_open()).then_some(ended.at);
    // Kept where a later try must repeat it byte for byte.
    let mail: Option<&SentMail> = ended.mail.as_ref().filter(|_| in_doubt);
    [
        ended.claim.notification.uuid().into(),
        Uuid::into(ended.claim.token),
        state.as_str().to_owned().into(),
        wake_at.into(),
        Cell::Int(i64::from(tried.tries) - i64::from(!counts)),
        Cell::Bool(in_doubt),
        reason.into(),
        settled_at.into(),
        mail.map(|mail| mail.subject.clone()).into(),
        mail.map(|mail| mail.text.clone()).into(),
        mail.map(|mail| mail.template_version.clone()).into(),
        mail.map_or(Cell::Null, |mail| Cell::Bytes(mail.sha256.to_vec())),
        mail.map_or(Cell::Null, |mail| Cell::Bytes(mail.raw.clone())),
    ]
}

const fn try_columns() -> [Column; 6] {
    [
        Column::Uuid("id"),
        Column::Uuid("notification_id"),
        Column::Time("at"),
        Column::Text("outcome"),
        Column::Text("reason"),
        Column::Text("relay"),
    ]
}
