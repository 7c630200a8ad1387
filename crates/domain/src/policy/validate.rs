//! A policy that promises what nobody can keep is refused when it is set, not when it is broken.

use chrono::TimeDelta;

use super::Policy;
use crate::calendar::Delay;

/// What is wrong with one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {wrong}")]
pub struct PolicyProblem {
    pub field: &'static str,
    pub wrong: Wrong,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    #[error("must be longer than nothing")]
    Nothing,
    #[error("must be at most {}", Delay::Time(*.0))]
    TooLong(TimeDelta),
    #[error("must be at most {0} working days")]
    TooManyWorkingDays(u16),
    #[error("must be shorter than `{0}`")]
    NotShorterThan(&'static str),
    #[error("must leave at least four hours of every day for mail")]
    TooQuiet,
    #[error("must leave at least one working day in a week")]
    NoWorkingDay,
}

impl Policy {
    /// Itself, if all of it can be kept; otherwise every problem there is.
    pub fn validated(self) -> Result<Self, Vec<PolicyProblem>> {
        let problems = self.problems();
        if problems.is_empty() { Ok(self) } else { Err(problems) }
    }

    fn problems(&self) -> Vec<PolicyProblem> {
        let Self {
            acknowledge_within,
            update_every,
            reject_after_delay,
            deliver_within,
            decide_within,
            undecided: _,
            answer_replies_within,
            quiet_hours,
            bulk_cap: _,
            calendar,
            law: _,
            retention,
        } = self;
        let (hour, day) = (TimeDelta::hours(1), TimeDelta::days(1));
        let mut problems = Vec::new();
        let mut wrong = |field, wrong: Option<Wrong>| problems.extend(wrong.map(|wrong| PolicyProblem { field, wrong }));
        wrong("acknowledge_within", length(*acknowledge_within, day));
        wrong("update_every", length(*update_every, day * 90));
        wrong("reject_after_delay", delay(*reject_after_delay, day * 30, 20));
        wrong("deliver_within", length(*deliver_within, day * 2));
        // A note that may be four hours under way cannot be promised every hour.
        wrong("deliver_within", (*deliver_within >= *update_every).then_some(Wrong::NotShorterThan("update_every")));
        wrong("decide_within", length(*decide_within, day * 366));
        wrong("answer_replies_within", delay(*answer_replies_within, day * 30, 20));
        let quiet = quiet_hours.map_or(TimeDelta::zero(), |quiet| {
            let span = quiet.to - quiet.from;
            if span < TimeDelta::zero() { span + day } else { span }
        });
        wrong("quiet_hours", (quiet > hour * 20).then_some(Wrong::TooQuiet));
        wrong("retention", retention.and_then(|kept| length(kept, day * 3_660)));
        wrong("calendar.weekend", (calendar.weekend.len() >= 7).then_some(Wrong::NoWorkingDay));
        problems
    }
}

/// Any length that is one will do: a rehearsal runs a year of promises in an hour.
fn length(length: TimeDelta, most: TimeDelta) -> Option<Wrong> {
    match () {
        () if length <= TimeDelta::zero() => Some(Wrong::Nothing),
        () if length > most => Some(Wrong::TooLong(most)),
        () => None,
    }
}

fn delay(delay: Delay, most: TimeDelta, most_days: u16) -> Option<Wrong> {
    match delay {
        Delay::Time(time) => (time > most).then_some(Wrong::TooLong(most)),
        Delay::WorkingDays(days) => (days > most_days).then_some(Wrong::TooManyWorkingDays(most_days)),
    }
}

#[cfg(test)]
mod tests {
    use chrono::{NaiveTime, Weekday};

    use super::*;
    use crate::calendar::{Calendar, DayOfWeek, QuietHours};

    #[test]
    fn the_defaults_can_be_kept() {
        assert_eq!(Policy::default().problems(), []);
    }

    #[test]
    fn each_field_is_named_with_what_to_change() {
        let at = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
        let all_week = (0..7).map(|day| DayOfWeek(Weekday::try_from(day).unwrap())).collect();
        let base = Policy::default;
        for (policy, says) in [
            (Policy { acknowledge_within: TimeDelta::zero(), ..base() }, "acknowledge_within: must be longer than nothing"),
            (Policy { acknowledge_within: TimeDelta::days(2), ..base() }, "acknowledge_within: must be at most 1 day"),
            (Policy { update_every: TimeDelta::days(91), ..base() }, "update_every: must be at most 90 days"),
            (Policy { update_every: TimeDelta::hours(2), ..base() }, "deliver_within: must be shorter than `update_every`"),
            (Policy { reject_after_delay: Delay::WorkingDays(21), ..base() }, "reject_after_delay: must be at most 20 working days"),
            (Policy { reject_after_delay: Delay::Time(TimeDelta::days(31)), ..base() }, "reject_after_delay: must be at most 30 days"),
            (Policy { decide_within: TimeDelta::days(-1), ..base() }, "decide_within: must be longer than nothing"),
            (Policy { answer_replies_within: Delay::WorkingDays(99), ..base() }, "answer_replies_within: must be at most 20 working days"),
            (
                Policy { quiet_hours: Some(QuietHours { from: at(12), to: at(10) }), ..base() },
                "quiet_hours: must leave at least four hours of every day for mail",
            ),
            (
                Policy { calendar: Calendar { weekend: all_week, ..Calendar::default() }, ..base() },
                "calendar.weekend: must leave at least one working day in a week",
            ),
        ] {
            let problems: Vec<String> = policy.problems().iter().map(ToString::to_string).collect();
            assert_eq!(problems, [says]);
        }
    }
}
