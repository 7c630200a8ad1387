use chrono::{DateTime, Utc};

use super::{Decision, Facts, NextWord, Owe};
use crate::{application::Status, notification::Kind, policy::Policy};

/// When the date of the next word has come and nothing is on its way, a holding note is owed. Either way there is a next
/// date afterwards: silence always has an end.
pub(super) fn next_word_due(facts: &Facts, policy: &Policy, now: DateTime<Utc>) -> Decision {
    let mut decision = facts.unchanged();
    let due = facts.standing.next_word.is_some_and(|word| word.by <= now);
    if facts.standing.status != Status::Active || facts.carried_by.is_some() || !due {
        return decision;
    }
    let following = now + policy.update_every;
    if facts.open().next().is_none() {
        decision.owe.push(Owe { promised_by: Some(following), ..Owe::now(Kind::StillConsidering, policy, now) });
    }
    decision.standing.next_word = Some(NextWord { kind: Kind::StillConsidering, by: following });
    decision
}
