use chrono::{DateTime, Utc};

use super::{Decision, Facts, HoldReason, NextWord, Owe, Room};
use crate::{notification::Kind, policy::Policy};

/// Every application is acknowledged within `acknowledge_within`, and the acknowledgement says when the next word comes.
/// A repeat is acknowledged like any other (nothing reveals the first), but promises nothing of its own.
pub(super) fn submitted(facts: &Facts, suspected_spam: bool, room: Room, policy: &Policy, now: DateTime<Utc>) -> Decision {
    let mut decision = facts.unchanged();
    let (send_after, too_many) = match room {
        Room::Now => (now, None),
        // The promise begins when it may be kept.
        Room::From(from) => (from.max(now), None),
        Room::Exhausted => (now, Some(HoldReason::RecipientCap)),
    };
    let due_at = send_after + policy.acknowledge_within;
    decision.owe.push(Owe {
        due_at,
        send_after,
        promised_by: Some(now + policy.update_every),
        hold: suspected_spam.then_some(HoldReason::SuspectedSpam).or(too_many),
        ..Owe::now(Kind::Received, policy, now)
    });
    decision.standing.next_word = facts.carried_by.is_none().then_some(NextWord { kind: Kind::Received, by: due_at });
    decision
}
