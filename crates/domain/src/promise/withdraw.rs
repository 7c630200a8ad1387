use chrono::{DateTime, Utc};

use super::{CancelReason, Decision, Facts, Owe};
use crate::{application::Status, notification::Kind, policy::Policy};

/// A withdrawal always succeeds and takes back whatever contradicts it. An acknowledgement does not: it still goes out
/// first. Withdrawing twice changes nothing.
pub(super) fn withdrawn(facts: &Facts, by_applicant: bool, policy: &Policy, now: DateTime<Utc>) -> Decision {
    let mut decision = facts.unchanged();
    if by_applicant {
        decision.standing.shown_status = Status::Withdrawn;
    }
    if facts.standing.status == Status::Withdrawn {
        return decision;
    }
    decision.standing.status = Status::Withdrawn;
    decision.standing.next_word = None;
    decision.standing.told_otherwise = None;
    decision.take_back_for_good(
        facts,
        &[Kind::StageChanged, Kind::StillConsidering, Kind::NoDecision, Kind::Rejected, Kind::Hired, Kind::Correction],
        CancelReason::Withdrawn,
    );
    decision.owe.push(Owe::soon(Kind::Withdrawn, facts, policy, now));
    decision
}
