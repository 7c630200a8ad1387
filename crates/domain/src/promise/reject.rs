use chrono::{DateTime, Utc};

use super::{CancelReason, Decision, Facts, Owe, Refusal, Verb};
use crate::{
    application::Status,
    notification::{Kind, State},
    policy::Policy,
};

/// A rejection is told after the undo window. Until then nothing else goes out that would give it away or contradict it.
///
/// A date that the applicant was told is kept: the window shrinks to it.
pub(super) fn rejected(
    facts: &Facts,
    send_after: Option<DateTime<Utc>>,
    words: Option<&str>,
    exempt: bool,
    policy: &Policy,
    now: DateTime<Utc>,
) -> Result<Decision, Refusal> {
    facts.allow(Verb::Reject)?;
    let mut decision = facts.unchanged();
    decision.standing.status = Status::Rejected;
    decision.standing.next_word = None;
    decision.take_back(facts, &[Kind::StageChanged, Kind::StillConsidering], CancelReason::Superseded);
    // The applicant still believes an earlier rejection, and the correction that would tell them otherwise can be stopped:
    // then what they believe is true again.
    let correction = facts.open().find(|message| message.kind == Kind::Correction);
    let stoppable = correction.is_some_and(|message| message.state != State::Sending && !message.maybe_sent);
    if facts.standing.shown_status == Status::Rejected && stoppable {
        decision.take_back(facts, &[Kind::Correction], CancelReason::Superseded);
        return Ok(decision);
    }
    if !exempt {
        let wanted = send_after.unwrap_or(now + policy.reject_after_delay).max(now);
        let send_after = facts.standing.promised_by.map_or(wanted, |told| wanted.min(told.max(now)));
        decision.owe.push(Owe {
            send_after,
            due_at: send_after + policy.deliver_within,
            words: words.map(str::to_owned),
            ..Owe::now(Kind::Rejected, policy, now)
        });
    }
    Ok(decision)
}
