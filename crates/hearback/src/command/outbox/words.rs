//! Times, people and addresses, as an operator reads them.

use chrono::{DateTime, TimeDelta, Utc};
use hearback_domain::{EmailAddress, actor::Actor};
use hearback_ledger::Pause;

use crate::terminal::Paint;

/// `in 4 min`, `2 h ago`: one unit, since nobody acts on the second.
pub(crate) fn away(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let between = (at - now).abs();
    let span = [
        (between.num_days(), 3, "days"),
        (between.num_hours(), 2, "h"),
        (between.num_minutes(), 1, "min"),
        (between.num_seconds(), 0, "s"),
    ]
    .into_iter()
    .find(|(count, least, _)| count >= least)
    .map_or_else(|| "0 s".to_owned(), |(count, _, unit)| format!("{count} {unit}"));
    if between < TimeDelta::seconds(1) {
        "now".to_owned()
    } else if at > now {
        format!("in {span}")
    } else {
        format!("{span} ago")
    }
}

/// `2026-11-23 09:15 UTC (2 h ago)`
pub(super) fn moment(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    format!("{} UTC ({})", at.format("%Y-%m-%d %H:%M"), away(at, now))
}

/// The person if one was named, and what they acted with.
pub(super) fn by(actor: &Actor) -> String {
    let Actor { kind, id, on_behalf_of } = actor;
    let with = format!("{} {id}", kind.as_str().replace('_', " "));
    match on_behalf_of {
        Some(person) => format!("{person} ({with})"),
        None => with,
    }
}

pub(super) fn address(to: Option<&EmailAddress>, whole: bool) -> String {
    match to {
        None => "(no address)".to_owned(),
        Some(to) if whole => to.to_string(),
        // Masked, as in logs.
        Some(to) => format!("{to:?}"),
    }
}

/// Whoever wonders why nothing goes out reads it here.
pub(crate) fn paused(paint: Paint, pause: &Pause, now: DateTime<Utc>) -> String {
    let Pause { since, reason, by: actor, resumed: _ } = pause;
    format!("{} since {} by {}: {reason}", paint.yellow("The outbox is paused"), moment(*since, now), by(actor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_one_unit_that_is_near_enough() {
        let now = DateTime::UNIX_EPOCH;
        for (between, expected) in [
            (TimeDelta::milliseconds(900), "now"),
            (TimeDelta::seconds(59), "in 59 s"),
            (TimeDelta::seconds(-61), "1 min ago"),
            (TimeDelta::minutes(119), "in 119 min"),
            (TimeDelta::hours(-47), "47 h ago"),
            (TimeDelta::hours(80), "in 3 days"),
        ] {
            assert_eq!(away(now + between, now), expected);
        }
    }

    #[test]
    fn an_address_is_masked_unless_it_is_asked_for() {
        let to = "robin@example.org".parse().unwrap();
        assert_eq!((address(Some(&to), false).as_str(), address(Some(&to), true).as_str()), ("r…@example.org", "robin@example.org"));
    }
}
