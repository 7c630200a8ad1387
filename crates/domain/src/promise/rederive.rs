//! A policy changes: what is owed is derived again, first as a dry run.

use std::fmt;

use chrono::{DateTime, Utc};

use super::{Deadline, Decision, Facts, NextWord, Rung};
use crate::{
    ids::NotificationId,
    notification::{Kind, State},
    policy::Policy,
};

/// What a new policy changes for one application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rederived {
    /// To carry out; without changes it leaves everything as it is.
    pub decision: Decision,
    pub changes: Vec<PolicyChange>,
}

/// One change, for people to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyChange {
    NextWord {
        from: Option<NextWord>,
        to: Option<NextWord>,
    },
    /// When a decision is due.
    DecideBy {
        from: Option<DateTime<Utc>>,
        to: DateTime<Utc>,
    },
    /// When a message that waits goes out.
    SendAfter {
        message: NotificationId,
        kind: Kind,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    },
}

/// What would change. Nothing that the applicant was told is taken back: a date that they know stays the latest, an undo window that runs
/// keeps its length, and a decision that was put off stays so.
///
/// Where the new time for a decision is over already, the owner has a quarter of it first: nobody is told "no decision" without a warning
/// to those who could have decided.
pub fn rederive(facts: &Facts, old: &Policy, new: &Policy, now: DateTime<Utc>) -> Rederived {
    let mut decision = facts.unchanged();
    let mut changes = Vec::new();
    if facts.carries_promises(&facts.standing) {
        let from = facts.standing.deadline;
        decision.standing.deadline = Some(from.map_or_else(|| Deadline::new(new, now), |deadline| deadline.under(old, new, now)));
        let at = |deadline: Option<Deadline>| deadline.map(|deadline| deadline.by);
        if let Some(to) = at(decision.standing.deadline).filter(|to| Some(*to) != at(from)) {
            changes.push(PolicyChange::DecideBy { from: at(from), to });
        }
        // Derived under both, so that what differs for another reason than the policy is left alone.
        let mut before = facts.unchanged();
        before.rethink_next_word(facts, old, now);
        let from = facts.standing.next_word;
        decision.rethink_next_word(facts, new, now);
        if before.standing.next_word == decision.standing.next_word {
            decision.standing.next_word = from;
        }
        let to = decision.standing.next_word;
        if from != to {
            changes.push(PolicyChange::NextWord { from, to });
        }
    }
    decision.keep_hard_due(facts, Kind::ALL, new, now);
    for reschedule in &decision.reschedule {
        let message = facts.messages.iter().find(|message| message.id == reschedule.id && message.state != State::Sending);
        changes.extend(message.map(|message| PolicyChange::SendAfter {
            message: message.id,
            kind: message.kind,
            from: message.send_after,
            to: reschedule.send_after,
        }));
    }
    Rederived { decision, changes }
}

impl Deadline {
    fn under(self, old: &Policy, new: &Policy, now: DateTime<Utc>) -> Self {
        let postponed = self.by != self.from + old.decide_within;
        let by = self.from + new.decide_within;
        if postponed || by == self.by {
            return self;
        }
        let warned = self.next == Rung::Applicant;
        let by = if warned { by.max(now) } else { by.max(now + new.decide_within / 4) };
        // Who was alerted for the old date has to hear of an earlier one, and not of a later one twice.
        let next = if by < self.by { Rung::Owner } else { self.next };
        Self { by, next, ..self }
    }
}

impl fmt::Display for PolicyChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minute = |at: DateTime<Utc>| at.format("%Y-%m-%d %H:%M UTC").to_string();
        let word = |word: Option<NextWord>| word.map_or("none".to_owned(), |word| format!("{} by {}", word.kind, minute(word.by)));
        match *self {
            Self::NextWord { from, to } => write!(f, "next word: {} instead of {}", word(to), word(from)),
            Self::DecideBy { from: Some(from), to } => write!(f, "decision due: {} instead of {}", minute(to), minute(from)),
            Self::DecideBy { from: None, to } => write!(f, "decision due: {}", minute(to)),
            Self::SendAfter { message, kind, from, to } => {
                write!(f, "{kind} ({message}): goes out {} instead of {}", minute(to), minute(from))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::{
        calendar::{Delay, QuietHours},
        promise::examples::{in_review, message, monday, rejected, utc},
    };

    fn changes(facts: &Facts, new: &Policy, now: &str) -> Vec<String> {
        rederive(facts, &Policy::default(), new, utc(now)).changes.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_same_policy_changes_nothing() {
        for facts in [in_review(), rejected(State::Scheduled, false), rejected(State::Sent, true)] {
            let rederived = rederive(&facts, &Policy::default(), &Policy::default(), monday());
            assert_eq!(rederived, Rederived { decision: facts.unchanged(), changes: vec![] });
        }
    }

    #[test]
    fn a_dry_run_says_what_would_change_and_leaves_what_was_told() {
        let base = Policy::default;
        let day = TimeDelta::days(1);
        for (new, expected, reason) in [
            (
                Policy { update_every: day * 7, ..base() },
                vec!["next word: still_considering by 2026-11-30 09:00 UTC instead of still_considering by 2026-12-07 09:00 UTC"],
                "sooner than told is no broken promise",
            ),
            (Policy { update_every: day * 30, ..base() }, vec![], "later than told would be one"),
            (
                Policy { decide_within: day * 90, ..base() },
                vec!["decision due: 2027-02-21 09:00 UTC instead of 2027-01-22 09:00 UTC"],
                "more time for a decision",
            ),
            (
                Policy { decide_within: day * 30, ..base() },
                vec!["decision due: 2026-12-23 09:00 UTC instead of 2027-01-22 09:00 UTC"],
                "less",
            ),
            (
                Policy { decide_within: day * 10, ..base() },
                vec![
                    "decision due: 2026-12-03 09:00 UTC instead of 2027-01-22 09:00 UTC",
                    "next word: no_decision by 2026-12-03 09:00 UTC instead of still_considering by 2026-12-07 09:00 UTC",
                ],
                "so much less that it is the next word",
            ),
            (Policy { reject_after_delay: Delay::WorkingDays(5), bulk_cap: 1, ..base() }, vec![], "nothing of it is owed to this one"),
        ] {
            assert_eq!(changes(&in_review(), &new, "2026-11-24T10:00:00+01:00"), expected, "{reason}");
        }
    }

    #[test]
    fn nobody_is_told_no_decision_without_a_warning_to_the_owner() {
        let new = Policy { decide_within: TimeDelta::days(8), ..Policy::default() };
        let now = utc("2026-12-02T10:00:00+01:00");
        let deadline = rederive(&in_review(), &Policy::default(), &new, now).decision.standing.deadline.unwrap();
        assert_eq!(deadline.by, now + TimeDelta::days(2), "eight days are over; a quarter of them is left");
        assert!(deadline.alert_at().is_some_and(|at| at <= now), "the owner hears at once");
    }

    #[test]
    fn a_decision_that_was_put_off_stays_so() {
        let mut facts = in_review();
        facts.standing.deadline = Some(Deadline::until(monday(), monday() + TimeDelta::days(50)));
        let new = Policy { decide_within: TimeDelta::days(30), ..Policy::default() };
        assert_eq!(rederive(&facts, &Policy::default(), &new, monday()).decision.standing, facts.standing);
    }

    #[test]
    fn an_undo_window_that_runs_keeps_its_length_but_not_into_new_quiet_hours() {
        let facts = rejected(State::Scheduled, false);
        let longer = Policy { reject_after_delay: Delay::WorkingDays(5), ..Policy::default() };
        assert_eq!(changes(&facts, &longer, "2026-11-24T10:00:00+01:00"), [""; 0]);
        let until_noon = QuietHours { from: "20:00".parse().unwrap(), to: "12:00".parse().unwrap() };
        let late = Policy { quiet_hours: Some(until_noon), ..Policy::default() };
        let expected = format!("rejected ({}): goes out 2026-11-25 11:00 UTC instead of 2026-11-25 09:00 UTC", facts.messages[0].id);
        assert_eq!(changes(&facts, &late, "2026-11-24T10:00:00+01:00"), [expected]);
        assert_eq!(changes(&facts, &late, "2026-11-25T10:30:00+01:00"), [""; 0], "what is due already is not held back");
    }

    #[test]
    fn what_a_worker_has_is_left_to_it() {
        let mut facts = rejected(State::Sending, false);
        facts.messages.push(message(2, Kind::Received, State::Waiting));
        let late =
            Policy { quiet_hours: Some(QuietHours { from: "20:00".parse().unwrap(), to: "12:00".parse().unwrap() }), ..Policy::default() };
        assert_eq!(changes(&facts, &late, "2026-11-24T10:00:00+01:00"), [""; 0], "and acknowledgements do not wait for the morning");
    }
}
