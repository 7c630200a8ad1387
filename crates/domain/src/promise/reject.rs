use chrono::{DateTime, Utc};

use super::{CancelReason, Decision, Facts, NotBefore, Owe, Refusal, Times, Verb};
use crate::{
    application::Status,
    notification::{Kind, State},
    policy::Policy,
};

/// A rejection is told after the undo window. Until then nothing else goes out that would give it away or contradict it.
///
/// A date that a law sets, or that the applicant was told, is kept: the window shrinks to it.
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
    decision.take_back_for_good(facts, &[Kind::StageChanged, Kind::StillConsidering, Kind::NoDecision], CancelReason::Superseded);
    // The applicant still believes an earlier rejection, and the correction that would tell them otherwise can be stopped:
    // then what they believe is true again.
    let correction = facts.open().find(|message| message.kind == Kind::Correction);
    let stoppable = correction.is_some_and(|message| message.state != State::Sending && !message.maybe_sent);
    if facts.standing.shown_status == Status::Rejected && stoppable {
        decision.take_back(facts, &[Kind::Correction], CancelReason::Superseded);
        return Ok(decision);
    }
    if !exempt {
        let times = times(facts, send_after, policy, now);
        decision.owe.push(Owe { words: words.map(str::to_owned), ..Owe::at(Kind::Rejected, facts, times) });
    }
    Ok(decision)
}

/// When a rejection that is decided now goes out.
pub(super) fn times(facts: &Facts, send_after: Option<DateTime<Utc>>, policy: &Policy, now: DateTime<Utc>) -> Times {
    let wait = match send_after {
        Some(asked) => (NotBefore::Asked, asked),
        None => (NotBefore::UndoWindow, policy.reject_after_delay.after(now, &policy.calendar, facts.job_zone)),
    };
    facts.times(Kind::Rejected, &[wait], policy, now)
}
