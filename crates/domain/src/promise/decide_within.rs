//! Until when a decision is due, and who is told, one after the other, that it is not there.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Alert, AlertReason, AlertTo, Decision, Facts};
use crate::{closed_set::closed_set, policy::Policy};

/// The time for a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    pub from: DateTime<Utc>,
    pub by: DateTime<Utc>,
    /// Who is told next.
    pub next: Rung,
}

closed_set! {
    /// Who is told that a decision is not there, in this order.
    Rung, "rung of the decision ladder" {
        /// The owner of the job, when three quarters of the time are over.
        Owner = "owner",
        /// The owner's manager, when nine tenths are over.
        Manager = "manager",
        /// The applicant, when all of it is.
        Applicant = "applicant",
    }
}

impl Rung {
    const fn percent(self) -> i32 {
        match self {
            Self::Owner => 75,
            Self::Manager => 90,
            Self::Applicant => 100,
        }
    }

    const fn following(self) -> Self {
        match self {
            Self::Owner => Self::Manager,
            Self::Manager | Self::Applicant => Self::Applicant,
        }
    }
}

impl Deadline {
    /// The time that the policy gives, from now on.
    pub fn new(policy: &Policy, now: DateTime<Utc>) -> Self {
        Self::until(now, now + policy.decide_within)
    }

    pub(super) const fn until(from: DateTime<Utc>, by: DateTime<Utc>) -> Self {
        Self { from, by, next: Rung::Owner }
    }

    /// When somebody of the organisation is alerted next. The applicant's turn is a [next word](super::NextWord).
    pub fn alert_at(&self) -> Option<DateTime<Utc>> {
        match self.next {
            Rung::Owner | Rung::Manager => Some(self.from + share(self.by - self.from, self.next.percent())),
            Rung::Applicant => None,
        }
    }

    /// Whose turns have come, and the ladder after them.
    pub(super) fn climb(mut self, now: DateTime<Utc>) -> (Vec<Rung>, Self) {
        let mut reached = Vec::new();
        while self.alert_at().is_some_and(|at| at <= now) {
            reached.push(self.next);
            self.next = self.next.following();
        }
        (reached, self)
    }
}

/// The owner hears of it first, then the manager. Each hears once; who was left out while nothing ran hears now.
pub(super) fn decision_due(facts: &Facts, now: DateTime<Utc>) -> Decision {
    let mut decision = facts.unchanged();
    let Some(deadline) = facts.standing.deadline.filter(|_| facts.carries_promises(&facts.standing)) else { return decision };
    let (reached, after) = deadline.climb(now);
    let to = |rung| match rung {
        Rung::Owner => Some(AlertTo::Owner),
        Rung::Manager => Some(AlertTo::Manager),
        Rung::Applicant => None,
    };
    let alert = |to| Alert { to, why: AlertReason::DecisionDue, due_at: deadline.by };
    decision.alerts.extend(reached.into_iter().filter_map(to).map(alert));
    decision.standing.deadline = Some(after);
    decision
}

/// Exact to a tenth of a second, for lengths up to the age of the universe.
fn share(length: TimeDelta, percent: i32) -> TimeDelta {
    TimeDelta::milliseconds(length.num_milliseconds() / 100 * i64::from(percent))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        notification::State,
        promise::{
            Happening, decide,
            examples::{in_review, monday, rejected},
        },
    };

    fn day(days: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(days)
    }

    #[test]
    fn the_owner_is_alerted_first_then_the_manager_and_the_applicant_last() {
        let deadline = Deadline::new(&Policy::default(), day(0));
        assert_eq!((deadline.by, deadline.alert_at()), (day(60), Some(day(45))));
        for (now, alerted, next_at) in [
            (44, vec![], Some(day(45))),
            (45, vec![Rung::Owner], Some(day(54))),
            (54, vec![Rung::Owner, Rung::Manager], None),
            (99, vec![Rung::Owner, Rung::Manager], None),
        ] {
            let (reached, after) = deadline.climb(day(now));
            assert_eq!((reached, after.alert_at()), (alerted, next_at), "day {now}");
        }
        let (_, after_owner) = deadline.climb(day(45));
        assert_eq!(after_owner.climb(day(53)), (vec![], after_owner), "each is alerted once");
    }
    #[test]
    fn alerts_name_the_date_and_stop_when_somebody_decides() {
        let facts = in_review();
        let due =
            |facts: &Facts, days| decide(&Happening::DecisionDue, facts, &Policy::default(), monday() + TimeDelta::days(days)).unwrap();
        let by = facts.standing.deadline.unwrap().by;
        let alert = |to| Alert { to, why: AlertReason::DecisionDue, due_at: by };
        assert_eq!(due(&facts, 44), facts.unchanged());
        let at_three_quarters = due(&facts, 45);
        assert_eq!(at_three_quarters.alerts, [alert(AlertTo::Owner)]);
        let later = Facts { standing: at_three_quarters.standing, ..facts.clone() };
        assert_eq!(due(&later, 54).alerts, [alert(AlertTo::Manager)]);
        assert_eq!(due(&facts, 54).alerts, [alert(AlertTo::Owner), alert(AlertTo::Manager)], "after a standstill");
        let decided = rejected(State::Scheduled, false);
        assert_eq!(due(&decided, 60), decided.unchanged());
    }
}
