//! What changes for an application when its dates do, and nothing was said or decided.

use chrono::{DateTime, Utc};

use super::{Decision, Facts, NotBefore, Reschedule};
use crate::{
    notification::{Kind, State},
    policy::Policy,
};

impl Decision {
    /// The next word anew, from the standing as it was decided. An acknowledgement that is not out yet stays the next word.
    pub(super) fn rethink_next_word(&mut self, facts: &Facts, policy: &Policy, now: DateTime<Utc>) {
        let acknowledging = facts.standing.next_word.is_some_and(|word| word.kind == Kind::Received);
        if !acknowledging {
            self.standing.next_word = facts.next_word(&self.standing, facts.update_by(policy, now), policy, now);
        }
    }

    /// Messages of these kinds that wait go out in time for the earliest hard due, and not at night. They never go out later because of a
    /// date, and the promise that they have is never put off.
    pub(super) fn keep_hard_due(&mut self, facts: &Facts, kinds: &[Kind], policy: &Policy, now: DateTime<Utc>) {
        let waits = |state| matches!(state, State::Waiting | State::Scheduled);
        for message in facts.idle().filter(|message| kinds.contains(&message.kind) && waits(message.state)) {
            let times = facts.times(message.kind, &[(NotBefore::Asked, message.send_after)], policy, now);
            // What is due already is on its way, and its retries have their own times.
            if message.send_after > now && times.send_after != message.send_after {
                let due_at = if times.shrunk.is_some() { times.due_at.min(message.due_at) } else { times.due_at };
                self.reschedule.push(Reschedule { id: message.id, send_after: times.send_after, due_at });
            }
        }
    }
}
