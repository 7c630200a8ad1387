use chrono::{DateTime, Utc};

use super::{Decision, Facts, Message, NextWord, unreject::correction};
use crate::{application::Status, notification::Kind, policy::Policy};

/// A message was told. The record says so, and the date that the message named is the date that counts from now on.
pub(super) fn accepted(facts: &Facts, message: &Message, policy: &Policy, now: DateTime<Utc>) -> Decision {
    let mut decision = facts.unchanged();
    let standing = &mut decision.standing;
    standing.told_at = Some(now);
    match message.kind {
        Kind::Received | Kind::StillConsidering => {}
        Kind::StageChanged => standing.shown_stage = message.stage.unwrap_or(standing.shown_stage),
        Kind::Hired => show(standing, Status::Hired),
        Kind::Withdrawn => standing.shown_status = Status::Withdrawn,
        Kind::Correction => show(standing, Status::Active),
        Kind::Rejected => show(standing, Status::Rejected),
    }
    if message.promised_by.is_some() {
        standing.promised_by = message.promised_by;
    }
    if standing.status == Status::Active && facts.carried_by.is_none() {
        let by = message.promised_by.unwrap_or(now + policy.update_every);
        standing.next_word = Some(NextWord { kind: Kind::StillConsidering, by });
        // It was taken back while it was being sent, and went out all the same.
        if message.kind == Kind::Rejected {
            decision.owe.push(correction(facts, policy, now));
        }
    }
    decision
}

/// Whoever withdrew knows it; nothing that was on its way shows them otherwise.
fn show(standing: &mut super::Standing, told: Status) {
    if standing.shown_status != Status::Withdrawn {
        standing.shown_status = told;
    }
}
