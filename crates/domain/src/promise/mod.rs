//! What is owed when something happens: the whole policy, as one pure function.
//!
//! [`decide`] takes what happened and what is known about one application, and answers with how the application stands
//! afterwards, which messages are owed and which are taken back. Sending is a happening like any other. One rule, one file.

mod acknowledge;
mod address_corrected;
mod alert;
mod answer;
pub mod bulk;
mod close_job;
mod complained;
mod date;
mod decide_within;
mod embargo;
mod facts;
mod hire;
pub mod import;
mod interview;
pub mod merge;
mod move_stage;
mod next_word;
mod no_decision;
mod not_told;
mod postpone;
mod recipient_cap;
pub mod rederive;
mod reject;
pub mod repair;
mod rethink;
mod set_aside;
mod settled;
mod times;
mod told_otherwise;
mod unreject;
mod update_every;
mod withdraw;

#[cfg(test)]
pub(crate) mod examples;
#[cfg(test)]
mod properties;

use chrono::{DateTime, Utc};

pub use address_corrected::Refused;
pub use alert::{Alert, AlertReason, AlertTo};
pub use answer::Unanswered;
pub use close_job::CLOSED_FOR;
pub use date::WrongDate;
pub use decide_within::{Deadline, Rung};
pub use embargo::Seen;
pub use facts::{Cancel, CancelReason, Decision, Facts, HoldReason, How, Message, NextWord, Owe, Refusal, Reschedule, Standing, Verb};
pub use recipient_cap::{Room, room};
pub use times::{HardDue, NotBefore, Shrunk, Times};
pub use told_otherwise::{Channel, Said};

use crate::{application::Stage, policy::Policy};

/// Something that happens to an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// It came in. `suspected_spam` is stored like any other, but its messages wait for a person; `room` is for its acknowledgement.
    Submitted { suspected_spam: bool, room: Room },
    /// A recruiter moved it to a stage, and tells the applicant or not.
    Moved { to: Stage, tell: bool },
    /// A recruiter rejected it.
    Rejected {
        /// When the message may go out; without it, after the undo window.
        send_after: Option<DateTime<Utc>>,
        /// The recruiter's own words to the applicant.
        words: Option<String>,
        /// No message: the record names the reason and the actor.
        exempt: bool,
    },
    /// A recruiter took the rejection back.
    Unrejected,
    /// A recruiter hired the applicant.
    Hired { words: Option<String> },
    /// The applicant withdrew, or somebody did it for them.
    Withdrawn { by_applicant: bool },
    /// The decision was put off to a date. The record has the reason.
    Postponed { until: DateTime<Utc> },
    /// An interview took place.
    Interviewed { at: DateTime<Utc> },
    /// A person told the applicant by other means.
    ToldOtherwise { channel: Channel, said: Said, at: DateTime<Utc> },
    /// The applicant wrote to us.
    Replied,
    /// A recruiter wrote to the applicant.
    WrittenTo { words: String },
    /// A person said that what the applicant wrote needs no answer.
    MarkedAsAnswered,
    /// A person gave the applicant's right address. `refused` is what the old one did not take, oldest first; `room` is the new one's.
    AddressCorrected { refused: Vec<Refused>, room: Room },
    /// The applicant reported a mail of ours as unwanted.
    Complained,
    /// The time to see to the next word has come ([`NextWord::at`]).
    NextWordDue,
    /// The time to alert somebody of the organisation has come ([`Deadline::alert_at`]).
    DecisionDue,
    /// A relay accepted this message.
    Accepted { message: Message },
    /// This message did not reach the applicant: it is undeliverable, bounced or held.
    NotTold { message: Message },
    /// A person decided that this message is not to be sent.
    CancelAsked { message: Message },
    /// This message was asked back while it was being sent, and was not sent.
    TakenBack { message: Message },
    /// The same, while nobody can know whether it was sent.
    TakenBackInDoubt { message: Message },
}

/// Decides what follows. Pure: the same answer for the same question, whoever asks and when.
pub fn decide(happening: &Happening, facts: &Facts, policy: &Policy, now: DateTime<Utc>) -> Result<Decision, Refusal> {
    match happening {
        Happening::Submitted { suspected_spam, room } => Ok(acknowledge::submitted(facts, *suspected_spam, *room, policy, now)),
        Happening::Moved { to, tell } => move_stage::moved(facts, *to, *tell, policy, now),
        Happening::Rejected { send_after, words, exempt } => reject::rejected(facts, *send_after, words.as_deref(), *exempt, policy, now),
        Happening::Unrejected => unreject::unrejected(facts, policy, now),
        Happening::Hired { words } => hire::hired(facts, words.as_deref(), policy, now),
        Happening::Withdrawn { by_applicant } => Ok(withdraw::withdrawn(facts, *by_applicant, policy, now)),
        Happening::Postponed { until } => postpone::postponed(facts, *until, policy, now),
        Happening::Interviewed { at } => interview::interviewed(facts, *at, policy, now),
        Happening::ToldOtherwise { channel, said, at } => told_otherwise::told_otherwise(facts, *channel, *said, *at, policy, now),
        Happening::Replied => Ok(answer::replied(facts, policy, now)),
        Happening::WrittenTo { words } => Ok(answer::written_to(facts, words, policy, now)),
        Happening::MarkedAsAnswered => Ok(answer::marked_as_answered(facts)),
        Happening::AddressCorrected { refused, room } => Ok(address_corrected::address_corrected(facts, refused, *room, policy, now)),
        Happening::Complained => Ok(complained::complained(facts, policy, now)),
        Happening::DecisionDue => Ok(decide_within::decision_due(facts, now)),
        Happening::NotTold { message } => Ok(not_told::not_told(facts, message, policy, now)),
        Happening::NextWordDue => Ok(update_every::next_word_due(facts, policy, now)),
        Happening::Accepted { message } => Ok(settled::accepted(facts, message, policy, now)),
        Happening::CancelAsked { message } => Ok(set_aside::cancel_asked(facts, message, policy, now)),
        Happening::TakenBack { message } => Ok(set_aside::taken_back(facts, message, policy, now)),
        Happening::TakenBackInDoubt { message } => Ok(set_aside::taken_back_in_doubt(facts, message, policy, now)),
    }
}
