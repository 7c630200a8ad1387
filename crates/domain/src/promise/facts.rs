//! The words that decisions are made of.

use chrono::{DateTime, Utc};

use crate::{
    application::{Stage, Status},
    closed_set::closed_set,
    ids::{ApplicationId, NotificationId},
    notification::{Kind, State},
    policy::Policy,
};

/// How one application stands. This is the part of the record that decisions change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub stage: Stage,
    pub status: Status,
    /// The stage that the applicant was last told.
    pub shown_stage: Stage,
    /// The status that the applicant was last told. It changes when a relay accepted the message, not before.
    pub shown_status: Status,
    /// Every active application that is not carried by another has one.
    pub next_word: Option<NextWord>,
    /// When a message to the applicant was last accepted.
    pub told_at: Option<DateTime<Utc>>,
    /// The date of the next word as the applicant was last told it.
    pub promised_by: Option<DateTime<Utc>>,
}

/// The next word an applicant will have, at the latest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NextWord {
    pub kind: Kind,
    pub by: DateTime<Utc>,
}

/// What a decision is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    pub standing: Standing,
    /// The first application of the same person for the same job, if this is a repeat of it.
    pub carried_by: Option<ApplicationId>,
    /// The messages of the chain that still [matter](Message::matters), oldest first. An [`super::Happening::Accepted`] needs none.
    pub messages: Vec<Message>,
}

/// One message of the chain, as far as decisions care.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub id: NotificationId,
    pub kind: Kind,
    pub state: State,
    pub maybe_sent: bool,
    pub stage: Option<Stage>,
    pub promised_by: Option<DateTime<Utc>>,
}

impl Message {
    /// Whether later decisions depend on it: it may still go out, or nobody can know whether it reached the applicant.
    pub fn matters(&self) -> bool {
        self.state.is_open() || (self.maybe_sent && matches!(self.state, State::Undeliverable | State::Cancelled))
    }
}

/// What follows from a happening.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    pub standing: Standing,
    pub owe: Vec<Owe>,
    pub cancel: Vec<Cancel>,
    /// The final message that a person set aside: their reason is from now on why none is owed.
    pub exempt: Option<NotificationId>,
}

/// A message that is owed from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owe {
    pub kind: Kind,
    /// The promise: accepted by a relay at the latest then. Retries never move it.
    pub due_at: DateTime<Utc>,
    /// Not before then.
    pub send_after: DateTime<Utc>,
    /// The stage that the message speaks of.
    pub stage: Option<Stage>,
    pub words: Option<String>,
    /// The date of the word after this one, printed in the message and kept by the record.
    pub promised_by: Option<DateTime<Utc>>,
    pub hold: Option<HoldReason>,
}

impl Owe {
    /// Of a message that waits behind no other.
    pub const fn first_state(&self) -> State {
        if self.hold.is_some() { State::Held } else { State::Scheduled }
    }
}

/// A message that is taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cancel {
    pub id: NotificationId,
    pub how: How,
    pub reason: CancelReason,
}

/// Whether a message can still be stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// It is not being sent: it is cancelled now.
    AtOnce,
    /// A worker has it: a would-be retry becomes cancelled, an acceptance stands.
    Requested,
}

closed_set! {
    /// Why a message was taken back.
    CancelReason, "cancel reason" {
        /// A later message says it, or the opposite.
        Superseded = "superseded",
        Unrejected = "unrejected",
        Withdrawn = "withdrawn",
        /// A person said so, in words of their own.
        ByPerson = "by_person",
    }
}

closed_set! {
    /// Why a message waits for a person from the start.
    HoldReason, "hold reason" {
        SuspectedSpam = "suspected_spam",
        /// More acknowledgements were owed to the address than it gets in a day.
        RecipientCap = "recipient_cap",
    }
}

closed_set! {
    /// What can be done to an application, in the words of the systems that people come from.
    Verb, "verb" {
        Move = "move",
        Reject = "reject",
        Unreject = "unreject",
        Hire = "hire",
        Withdraw = "withdraw",
    }
}

impl Verb {
    /// What makes sense for an application of this status.
    pub const fn possible(status: Status) -> &'static [Self] {
        match status {
            Status::Active => &[Self::Move, Self::Reject, Self::Hire, Self::Withdraw],
            Status::Rejected => &[Self::Unreject, Self::Withdraw],
            Status::Hired => &[Self::Withdraw],
            Status::Withdrawn => &[],
        }
    }
}

/// Why something cannot happen to an application now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the application is {status}")]
    Status { status: Status, possible: &'static [Verb] },
    #[error("the application repeats {0}, which carries its promises")]
    CarriedBy(ApplicationId),
}

impl Facts {
    /// The verbs of recruiters need the right status, and the application that carries the promises.
    pub(super) fn allow(&self, verb: Verb) -> Result<(), Refusal> {
        if let Some(first) = self.carried_by {
            return Err(Refusal::CarriedBy(first));
        }
        let possible = Verb::possible(self.standing.status);
        if possible.contains(&verb) { Ok(()) } else { Err(Refusal::Status { status: self.standing.status, possible }) }
    }

    pub(super) fn open(&self) -> impl DoubleEndedIterator<Item = &Message> {
        self.messages.iter().filter(|message| message.state.is_open())
    }

    /// A decision that leaves everything as it is, to start from.
    pub fn unchanged(&self) -> Decision {
        Decision { standing: self.standing.clone(), owe: Vec::new(), cancel: Vec::new(), exempt: None }
    }

    /// The next word of an active application: the acknowledgement while it is open, then the next holding note.
    pub(super) fn next_word(&self, policy: &Policy, now: DateTime<Utc>) -> Option<NextWord> {
        if self.carried_by.is_some() {
            return None;
        }
        let by = self.standing.promised_by.unwrap_or(self.standing.told_at.unwrap_or(now) + policy.update_every);
        Some(NextWord { kind: Kind::StillConsidering, by })
    }
}

impl Owe {
    /// A message that may go out at once, and must be out soon.
    pub(super) fn now(kind: Kind, policy: &Policy, now: DateTime<Utc>) -> Self {
        Self { kind, due_at: now + policy.deliver_within, send_after: now, stage: None, words: None, promised_by: None, hold: None }
    }
}

impl Decision {
    /// Takes back every open message of these kinds that no worker has.
    pub(super) fn take_back(&mut self, facts: &Facts, kinds: &[Kind], reason: CancelReason) {
        let idle = facts.open().filter(|message| message.state != State::Sending && kinds.contains(&message.kind));
        self.cancel.extend(idle.map(|message| Cancel { id: message.id, how: How::AtOnce, reason }));
    }
}
