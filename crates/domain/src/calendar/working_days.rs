//! Working days of the organisation, and delays that are counted in them.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Utc, Weekday};
use chrono_tz::Tz;

use super::latest;

/// Which days the organisation works.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Calendar {
    /// The days of the week that are free.
    pub weekend: BTreeSet<DayOfWeek>,
    /// The dates that are free, whatever their day of the week.
    pub holidays: BTreeSet<NaiveDate>,
}

/// A day of the week that sorts from Monday and is written as three letters, such as `sat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct DayOfWeek(pub Weekday);

/// A length of time, or a number of working days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delay {
    Time(TimeDelta),
    WorkingDays(u16),
}

impl Default for Calendar {
    fn default() -> Self {
        Self { weekend: BTreeSet::from([DayOfWeek(Weekday::Sat), DayOfWeek(Weekday::Sun)]), holidays: BTreeSet::new() }
    }
}

impl Calendar {
    pub fn is_working_day(&self, day: NaiveDate) -> bool {
        !self.weekend.contains(&DayOfWeek(day.weekday())) && !self.holidays.contains(&day)
    }

    /// The moment at which this many working days have passed, at the same time of day. What starts on a free day counts from the
    /// beginning of the next working day, so that a weekend takes nothing away from it.
    ///
    /// The result is a "not before": where the clock shows that time twice, it is the second.
    pub fn add_working_days(&self, from: DateTime<Utc>, days: u16, zone: Tz) -> DateTime<Utc> {
        let local = from.with_timezone(&zone).naive_local();
        let works = self.is_working_day(local.date());
        if works && days == 0 {
            return from;
        }
        let (mut day, time) = if works { (local.date(), local.time()) } else { (self.next_working_day(local.date()), NaiveTime::MIN) };
        for _ in 0..days {
            day = self.next_working_day(day);
        }
        latest(zone, day.and_time(time))
    }

    /// A year without a working day is a mistake; then the next day has to do.
    fn next_working_day(&self, day: NaiveDate) -> NaiveDate {
        let later = |days| day + TimeDelta::days(days);
        (1..=366).map(later).find(|day| self.is_working_day(*day)).unwrap_or_else(|| later(1))
    }
}

impl Delay {
    /// The moment at which it has passed.
    pub fn after(self, from: DateTime<Utc>, calendar: &Calendar, zone: Tz) -> DateTime<Utc> {
        match self {
            Self::Time(length) => from + length,
            Self::WorkingDays(days) => calendar.add_working_days(from, days, zone),
        }
    }
}

impl PartialOrd for DayOfWeek {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for DayOfWeek {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.num_days_from_monday().cmp(&other.0.num_days_from_monday())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn german_may() -> Calendar {
        let holidays = ["2026-05-01", "2026-05-14", "2026-05-25"].map(|day| day.parse().unwrap());
        Calendar { holidays: BTreeSet::from(holidays), ..Calendar::default() }
    }

    #[test]
    fn working_days_pass_over_weekends_and_holidays_at_the_same_time_of_day() {
        for (from, days, until, reason) in [
            ("2026-05-04T09:00:00+02:00", 2, "2026-05-06T09:00:00+02:00", "Monday to Wednesday"),
            ("2026-05-08T15:30:00+02:00", 2, "2026-05-12T15:30:00+02:00", "Friday to Tuesday, over the weekend"),
            ("2026-04-30T15:30:00+02:00", 1, "2026-05-04T15:30:00+02:00", "over a holiday on a Friday and the weekend"),
            ("2026-05-13T10:00:00+02:00", 2, "2026-05-18T10:00:00+02:00", "over Ascension Day, with a working Friday after it"),
            ("2026-05-09T10:00:00+02:00", 2, "2026-05-13T00:00:00+02:00", "Saturday: all of Monday and Tuesday"),
            (
                "2026-05-14T23:00:00+02:00",
                1,
                "2026-05-18T00:00:00+02:00",
                "a holiday: all of the Friday after it, until the next working day",
            ),
            ("2026-05-10T23:30:00+02:00", 1, "2026-05-12T00:00:00+02:00", "Sunday night by the organisation's clock, not by UTC's"),
            ("2026-05-11T00:30:00+02:00", 1, "2026-05-12T00:30:00+02:00", "Monday morning by the organisation's clock, not by UTC's"),
            ("2026-05-04T09:00:00+02:00", 0, "2026-05-04T09:00:00+02:00", "no day at all"),
            ("2026-05-09T09:00:00+02:00", 0, "2026-05-11T00:00:00+02:00", "no day, but from a working day"),
        ] {
            let passed = german_may().add_working_days(utc(from), days, Tz::Europe__Berlin);
            assert_eq!(passed, utc(until), "{reason}");
        }
    }

    #[test]
    fn a_working_day_is_a_day_even_when_the_clock_changes_within_it() {
        let friday_to_monday = |zone, from, until| assert_eq!(Calendar::default().add_working_days(utc(from), 1, zone), utc(until));
        friday_to_monday(Tz::Europe__Berlin, "2027-03-26T12:00:00+01:00", "2027-03-29T12:00:00+02:00");
        friday_to_monday(Tz::America__New_York, "2026-10-30T12:00:00-04:00", "2026-11-02T12:00:00-05:00");
        // Seven days a week: the delay ends at a reading that is skipped, and at one that comes twice.
        let daily = Calendar { weekend: BTreeSet::new(), holidays: BTreeSet::new() };
        let skipped = daily.add_working_days(utc("2027-03-27T02:30:00+01:00"), 1, Tz::Europe__Berlin);
        assert_eq!(skipped, utc("2027-03-28T03:00:00+02:00"));
        let twice = daily.add_working_days(utc("2026-10-31T01:30:00-04:00"), 1, Tz::America__New_York);
        assert_eq!(twice, utc("2026-11-01T01:30:00-05:00"), "a window is never shortened");
    }

    #[test]
    fn no_day_to_go_is_no_delay_even_in_an_hour_that_comes_twice() {
        let daily = Calendar { weekend: BTreeSet::new(), holidays: BTreeSet::new() };
        let first = utc("2026-11-01T01:30:00-04:00");
        assert_eq!(daily.add_working_days(first, 0, Tz::America__New_York), first);
    }

    #[test]
    fn a_calendar_without_working_days_still_ends() {
        let never = Calendar { weekend: (0..7).map(|day| DayOfWeek(Weekday::try_from(day).unwrap())).collect(), ..Calendar::default() };
        assert!(never.add_working_days(utc("2026-05-04T09:00:00Z"), 5, Tz::UTC) <= utc("2026-05-10T00:00:00Z"));
    }
}
