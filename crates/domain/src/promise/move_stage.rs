use chrono::{DateTime, Utc};

use super::{CancelReason, Decision, Facts, Owe, Refusal, Verb};
use crate::{application::Stage, notification::Kind, policy::Policy};

/// A move is told only when the recruiter says so. News that is not out yet gives way to newer news.
pub(super) fn moved(facts: &Facts, to: Stage, tell: bool, policy: &Policy, now: DateTime<Utc>) -> Result<Decision, Refusal> {
    facts.allow(Verb::Move)?;
    let mut decision = facts.unchanged();
    decision.standing.stage = to;
    let on_its_way = facts.open().rfind(|message| message.kind == Kind::StageChanged).map(|message| message.stage);
    let known = match on_its_way {
        Some(stage) => stage == Some(to),
        None => facts.standing.shown_stage == to,
    };
    if tell && !known {
        decision.take_back(facts, &[Kind::StageChanged, Kind::StillConsidering], CancelReason::Superseded);
        decision.owe.push(Owe {
            stage: Some(to),
            promised_by: Some(now + policy.update_every),
            ..Owe::soon(Kind::StageChanged, facts, policy, now)
        });
    } else if to != facts.standing.stage {
        // Moved on in silence: news of a stage that it has left would be wrong.
        decision.take_back(facts, &[Kind::StageChanged], CancelReason::Superseded);
    }
    Ok(decision)
}
