use chrono::{DateTime, Utc};

use super::{Deadline, Decision, Facts, HoldReason, NextWord, Owe, Room};
use crate::{notification::Kind, policy::Policy};

/// Every application is acknowledged within `acknowledge_within`, and the acknowledgement says when the next word comes.
/// A repeat is acknowledged like any other (nothing reveals the first), but promises nothing of its own.
pub(super) fn submitted(facts: &Facts, suspected_spam: bool, room: Room, policy: &Policy, now: DateTime<Utc>) -> Decision {
    let mut decision = facts.unchanged();
    // One that waits for the next hour does so by `Facts::capped_until`.
    let too_many = (room == Room::Exhausted).then_some(HoldReason::RecipientCap);
    let owe = Owe::soon(Kind::Received, facts, policy, now);
    let due_at = owe.due_at;
    decision.owe.push(Owe {
        promised_by: Some(now + policy.update_every),
        hold: suspected_spam.then_some(HoldReason::SuspectedSpam).or(too_many).or(owe.hold),
        ..owe
    });
    if facts.carried_by.is_none() {
        // There is nothing to do at that date that the message itself does not do.
        decision.standing.next_word = Some(NextWord { kind: Kind::Received, by: due_at, at: due_at });
        decision.standing.deadline = Some(Deadline::new(policy, now));
    }
    decision
}
