//! What is owed when something happens: the whole policy, as one pure function.
//!
//! [`decide`] takes what happened and what is known about one application, and answers with how the application stands
//! afterwards, which messages are owed and which are taken back. Sending is a happening like any other. One rule, one file.

mod acknowledge;
mod facts;
mod hire;
mod move_stage;
mod recipient_cap;
mod reject;
pub mod repair;
mod set_aside;
mod settled;
mod unreject;
mod update_every;
mod withdraw;

#[cfg(test)]
mod properties;

use chrono::{DateTime, Utc};

pub use facts::{Cancel, CancelReason, Decision, Facts, HoldReason, How, Message, NextWord, Owe, Refusal, Standing, Verb};
pub use recipient_cap::{Room, room};

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
    /// The date of the next word has come.
    NextWordDue,
    /// A relay accepted this message.
    Accepted { message: Message },
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
        Happening::NextWordDue => Ok(update_every::next_word_due(facts, policy, now)),
        Happening::Accepted { message } => Ok(settled::accepted(facts, message, policy, now)),
        Happening::CancelAsked { message } => Ok(set_aside::cancel_asked(facts, message, policy, now)),
        Happening::TakenBack { message } => Ok(set_aside::taken_back(facts, message, policy, now)),
        Happening::TakenBackInDoubt { message } => Ok(set_aside::taken_back_in_doubt(facts, message, policy, now)),
    }
}
