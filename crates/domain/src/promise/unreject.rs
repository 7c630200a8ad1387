use chrono::{DateTime, Utc};

use super::{Cancel, CancelReason, Deadline, Decision, Facts, How, Owe, Refusal, Verb};
use crate::{
    application::Status,
    notification::{Kind, State},
    policy::Policy,
};

/// A rejection can be taken back. If it did not go out, the applicant never hears of it; if it did, or nobody can know,
/// a correction is owed. While a worker has it, the worker's outcome decides.
pub(super) fn unrejected(facts: &Facts, policy: &Policy, now: DateTime<Utc>) -> Result<Decision, Refusal> {
    facts.allow(Verb::Unreject)?;
    let mut decision = facts.unchanged();
    decision.standing.status = Status::Active;
    // Whoever decides anew has time for it.
    decision.standing.deadline = decision.standing.deadline.filter(|deadline| deadline.by > now).or(Some(Deadline::new(policy, now)));
    if facts.standing.shown_status == Status::Rejected {
        decision.standing.decision_told_at = None;
    }
    decision.standing.next_word = facts.next_word(&decision.standing, facts.update_by(policy, now), policy, now);
    let in_doubt =
        facts.messages.iter().any(|message| message.kind == Kind::Rejected && message.state != State::Sending && message.maybe_sent);
    let told = in_doubt || facts.standing.shown_status == Status::Rejected;
    for message in facts.open().filter(|message| message.kind == Kind::Rejected) {
        let how = if message.state == State::Sending { How::Requested } else { How::AtOnce };
        decision.cancel.push(Cancel { id: message.id, how, reason: CancelReason::Unrejected });
    }
    if told {
        decision.owe.push(correction(facts, policy, now));
    }
    Ok(decision)
}

/// Says that the rejection does not stand, and when the next word comes.
pub(super) fn correction(facts: &Facts, policy: &Policy, now: DateTime<Utc>) -> Owe {
    Owe {
        stage: Some(facts.standing.shown_stage),
        promised_by: Some(now + policy.update_every),
        ..Owe::soon(Kind::Correction, facts, policy, now)
    }
}
