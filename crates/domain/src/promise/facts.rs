//! The words that decisions are made of.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::{Alert, Channel, Deadline, Said, Times, Unanswered, WrongDate};
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
    /// When a decision is due, and who is told next that it is not there.
    pub deadline: Option<Deadline>,
    pub last_interview: Option<DateTime<Utc>>,
    /// When the applicant was last told whether there is a decision: an outcome, or that there is none yet.
    pub decision_told_at: Option<DateTime<Utc>>,
    /// How a person told the applicant the outcome that they know, where no message did.
    pub told_otherwise: Option<Channel>,
    /// Set while something that the applicant wrote waits for an answer.
    pub unanswered: Option<Unanswered>,
}

/// The next word an applicant will have, at the latest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NextWord {
    pub kind: Kind,
    /// The promise.
    pub by: DateTime<Utc>,
    /// When to act, so that the message is there by then without being sent at night.
    pub at: DateTime<Utc>,
}

/// What a decision is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    pub standing: Standing,
    /// The first application of the same person for the same job, if this is a repeat of it.
    pub carried_by: Option<ApplicationId>,
    /// Whether there is an address to write to. Imported people may have none.
    pub has_address: bool,
    /// No mail to the address before then: it had its share for now.
    pub capped_until: Option<DateTime<Utc>>,
    /// Where the applicant lives: for quiet hours.
    pub zone: Tz,
    /// Where the job is: for working days, and for the days that a law counts.
    pub job_zone: Tz,
    /// The messages of the chain that still [matter](Message::matters), oldest first.
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
    pub send_after: DateTime<Utc>,
    pub due_at: DateTime<Utc>,
    /// Of a recruiter's own words: they answer what the applicant wrote until then.
    pub answers_until: Option<DateTime<Utc>>,
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
    /// Open messages that no worker has, and that go out at another time from now on.
    pub reschedule: Vec<Reschedule>,
    /// Who of the organisation is told, and why.
    pub alerts: Vec<Alert>,
    /// The final message that a person set aside: their reason is from now on why none is owed.
    pub exempt: Option<NotificationId>,
}

/// A message gets other times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reschedule {
    pub id: NotificationId,
    pub send_after: DateTime<Utc>,
    pub due_at: DateTime<Utc>,
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
        /// A person told the applicant by other means.
        ToldOtherwise = "told_otherwise",
        /// The applicant reported a mail of ours as unwanted, and no law asks for this one.
        Complained = "complained",
        /// A person said so, in words of their own.
        ByPerson = "by_person",
        /// Its application was merged into another, which says it.
        Merged = "merged",
        /// Its application is gone: there is nobody to tell.
        Orphaned = "orphaned",
    }
}

closed_set! {
    /// Why a message waits for a person, in our own words.
    HoldReason, "hold reason" {
        SuspectedSpam = "suspected_spam",
        /// More acknowledgements were owed to the address than it gets in a day.
        RecipientCap = "recipient_cap",
        /// There is nowhere to send it: a person finds an address, or tells the applicant by other means.
        NoAddress = "no_address",
        /// The address refused an earlier message for good: a person corrects it, or has it tried all the same.
        AddressRefused = "address_refused",
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
        /// To put the decision off to a date.
        Postpone = "postpone",
        /// To be one with another application.
        Merge = "merge",
    }
}

impl Verb {
    /// What makes sense for an application of this status.
    pub const fn possible(status: Status) -> &'static [Self] {
        match status {
            Status::Active => &[Self::Move, Self::Reject, Self::Hire, Self::Withdraw, Self::Postpone, Self::Merge],
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
    #[error("the date {0}")]
    Date(WrongDate),
    #[error("an applicant whose application is {status} cannot have been told this: {said}")]
    Said { said: Said, status: Status },
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
        Decision::unchanged(self.standing.clone())
    }

    pub(super) fn carries_promises(&self, standing: &Standing) -> bool {
        standing.status == Status::Active && self.carried_by.is_none()
    }
}

impl Standing {
    /// Whether a person told the applicant how it ended, so that no message owes it any more.
    pub fn told_by_person(&self) -> bool {
        self.status.is_final() && self.shown_status == self.status && self.told_otherwise.is_some()
    }

    /// How an application stands in the moment in which it comes in, before anything was decided about it.
    pub fn received() -> Self {
        Self {
            stage: Stage::Received,
            status: Status::Active,
            shown_stage: Stage::Received,
            shown_status: Status::Active,
            next_word: None,
            told_at: None,
            promised_by: None,
            deadline: None,
            last_interview: None,
            decision_told_at: None,
            told_otherwise: None,
            unanswered: None,
        }
    }
}

impl Owe {
    /// A message that has nothing to wait for but the morning.
    pub(super) fn soon(kind: Kind, facts: &Facts, policy: &Policy, now: DateTime<Utc>) -> Self {
        Self::at(kind, facts, facts.times(kind, &[], policy, now))
    }

    pub(super) fn at(kind: Kind, facts: &Facts, times: Times) -> Self {
        let Times { send_after, due_at, .. } = times;
        let hold = (!facts.has_address).then_some(HoldReason::NoAddress);
        Self { kind, due_at, send_after, stage: None, words: None, promised_by: None, hold }
    }
}

impl Decision {
    /// Nothing follows.
    pub fn unchanged(standing: Standing) -> Self {
        Self { standing, owe: Vec::new(), cancel: Vec::new(), reschedule: Vec::new(), alerts: Vec::new(), exempt: None }
    }

    /// Takes back every open message of these kinds that no worker has.
    pub(super) fn take_back(&mut self, facts: &Facts, kinds: &[Kind], reason: CancelReason) {
        let idle = facts.idle().filter(|message| kinds.contains(&message.kind));
        self.cancel.extend(idle.map(|message| Cancel { id: message.id, how: How::AtOnce, reason }));
    }

    /// The same where the application ends: what a worker has may still go out, but is not tried again.
    pub(super) fn take_back_for_good(&mut self, facts: &Facts, kinds: &[Kind], reason: CancelReason) {
        self.take_back(facts, kinds, reason);
        let sending = facts.open().filter(|message| message.state == State::Sending && kinds.contains(&message.kind));
        self.cancel.extend(sending.map(|message| Cancel { id: message.id, how: How::Requested, reason }));
    }
}
