use chrono::{DateTime, Utc};

use super::{CancelReason, Decision, Facts, Owe, Refusal, Verb};
use crate::{application::Status, notification::Kind, policy::Policy};

/// A hire is told at once: whoever hires has usually spoken to the person already.
pub(super) fn hired(facts: &Facts, words: Option<&str>, policy: &Policy, now: DateTime<Utc>) -> Result<Decision, Refusal> {
    facts.allow(Verb::Hire)?;
    let mut decision = facts.unchanged();
    decision.standing.status = Status::Hired;
    decision.standing.next_word = None;
    decision.take_back_for_good(facts, &[Kind::StageChanged, Kind::StillConsidering, Kind::NoDecision], CancelReason::Superseded);
    decision.owe.push(Owe { words: words.map(str::to_owned), ..Owe::soon(Kind::Hired, facts, policy, now) });
    Ok(decision)
}
