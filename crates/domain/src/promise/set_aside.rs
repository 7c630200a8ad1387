use chrono::{DateTime, Utc};

use super::{Cancel, CancelReason, Decision, Facts, How, Message, repair::final_word, settled::contradiction};
use crate::{
    application::Status,
    notification::{Kind, State},
    policy::Policy,
};

/// A person says that a message is not to be sent. One that a worker has is asked back, and how its try ends decides.
pub(super) fn cancel_asked(facts: &Facts, message: &Message, policy: &Policy, now: DateTime<Utc>) -> Decision {
    let (how, mut decision) = match message.state {
        State::Sending => (How::Requested, facts.unchanged()),
        // Another final word that is being sent may be asked back too: this reason stands for both.
        _ => (How::AtOnce, not_sent(facts, message, true, policy, now)),
    };
    decision.cancel.push(Cancel { id: message.id, how, reason: CancelReason::ByPerson });
    decision
}

/// A message that was asked back was not sent.
pub(super) fn taken_back(facts: &Facts, message: &Message, policy: &Policy, now: DateTime<Utc>) -> Decision {
    let said_by_another = facts.open().any(|other| other.id != message.id && other.kind == message.kind);
    not_sent(facts, message, !said_by_another, policy, now)
}

/// Silence still has an end (P2), and an application that ended has a named reason for the word that does not come (P3).
pub(super) fn not_sent(facts: &Facts, message: &Message, is_last: bool, policy: &Policy, now: DateTime<Utc>) -> Decision {
    let mut decision = facts.unchanged();
    let standing = &facts.standing;
    if message.kind == Kind::Received
        && standing.status == Status::Active
        && standing.next_word.is_some_and(|word| word.kind == message.kind)
    {
        decision.standing.next_word = facts.next_word(standing, facts.update_by(policy, now), policy, now);
    }
    // Whoever was told by a person needs no other reason.
    if final_word(standing.status) == Some(message.kind) && is_last && !standing.told_by_person() {
        decision.exempt = Some(message.id);
    }
    decision
}

/// The same where nobody can know whether it was sent. Whoever may have read a rejection that no longer stands is told that it does not.
pub(super) fn taken_back_in_doubt(facts: &Facts, message: &Message, policy: &Policy, now: DateTime<Utc>) -> Decision {
    let mut decision = taken_back(facts, message, policy, now);
    decision.owe.extend(contradiction(facts, message, policy, now));
    decision
}
