//! From what a clock on the wall shows to the moment it shows it. Clocks that go forward skip some readings; clocks that go back show
//! some twice.

use chrono::{DateTime, LocalResult, NaiveDate, NaiveDateTime, TimeDelta, TimeZone, Timelike, Utc};
use chrono_tz::Tz;

/// The longest that a clock was ever put forward: a whole day, west of the date line (Samoa, 30 December 2011).
const LONGEST_GAP_MINUTES: i64 = 24 * 60;

/// The first moment at which the clock shows this; where it never does, the moment at which it went forward.
pub fn earliest(zone: Tz, shown: NaiveDateTime) -> DateTime<Utc> {
    match zone.from_local_datetime(&shown) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => at.to_utc(),
        LocalResult::None => after_gap(zone, shown),
    }
}

/// The last moment at which the clock shows this; where it never does, the moment at which it went forward.
pub fn latest(zone: Tz, shown: NaiveDateTime) -> DateTime<Utc> {
    match zone.from_local_datetime(&shown) {
        LocalResult::Single(at) | LocalResult::Ambiguous(_, at) => at.to_utc(),
        LocalResult::None => after_gap(zone, shown),
    }
}

/// The last second of a day.
pub fn end_of_day(zone: Tz, day: NaiveDate) -> DateTime<Utc> {
    earliest(zone, (day + TimeDelta::days(1)).into()) - TimeDelta::seconds(1)
}

fn after_gap(zone: Tz, shown: NaiveDateTime) -> DateTime<Utc> {
    let minute = shown - TimeDelta::seconds(shown.second().into()) - TimeDelta::nanoseconds(shown.nanosecond().into());
    (1..=LONGEST_GAP_MINUTES)
        .find_map(|minutes| zone.from_local_datetime(&(minute + TimeDelta::minutes(minutes))).earliest())
        .map_or_else(|| shown.and_utc(), |at| at.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> NaiveDateTime {
        text.parse().unwrap()
    }

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_reading_that_is_skipped_is_the_moment_at_which_the_clock_went_forward() {
        // Berlin, 28 March 2027: 02:00 is followed by 03:00.
        for skipped in ["2027-03-28T02:00:00", "2027-03-28T02:30:17", "2027-03-28T02:59:59"] {
            assert_eq!(earliest(Tz::Europe__Berlin, shown(skipped)), utc("2027-03-28T01:00:00Z"), "{skipped}");
            assert_eq!(latest(Tz::Europe__Berlin, shown(skipped)), utc("2027-03-28T01:00:00Z"), "{skipped}");
        }
        // Samoa went from the 29th to the 31st.
        assert_eq!(earliest(Tz::Pacific__Apia, shown("2011-12-30T12:00:00")), utc("2011-12-30T10:00:00Z"));
    }

    #[test]
    fn a_reading_that_comes_twice_has_a_first_and_a_last_moment() {
        // New York, 1 November 2026: 01:59 is followed by 01:00.
        let twice = shown("2026-11-01T01:30:00");
        assert_eq!(earliest(Tz::America__New_York, twice), utc("2026-11-01T05:30:00Z"));
        assert_eq!(latest(Tz::America__New_York, twice), utc("2026-11-01T06:30:00Z"));
    }

    #[test]
    fn a_day_ends_a_second_before_the_next_begins() {
        let day = |text: &str| text.parse().unwrap();
        assert_eq!(end_of_day(Tz::America__Toronto, day("2026-02-14")), utc("2026-02-15T04:59:59Z"));
        // In Cairo the clock goes from 24:00 to 01:00 on the last Thursday of April.
        assert_eq!(end_of_day(Tz::Africa__Cairo, day("2026-04-23")), utc("2026-04-23T21:59:59Z"));
    }
}
