//! Hours in which nobody wants mail about a job.

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::earliest;

/// From one reading of the applicant's clock to another, over midnight if it has to be. The second reading is outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuietHours {
    pub from: NaiveTime,
    pub to: NaiveTime,
}

impl QuietHours {
    /// The hours that most people sleep, eat or are at home with others: eight in the evening to eight in the morning.
    pub const NIGHT: Self = Self {
        from: NaiveTime::from_hms_opt(20, 0, 0).expect("a time of day"),
        to: NaiveTime::from_hms_opt(8, 0, 0).expect("a time of day"),
    };

    pub fn covers(&self, at: DateTime<Utc>, zone: Tz) -> bool {
        let shown = at.with_timezone(&zone).time();
        if self.from <= self.to { (self.from..self.to).contains(&shown) } else { shown >= self.from || shown < self.to }
    }

    /// The first moment from `at` on that is not quiet.
    pub fn not_before(&self, at: DateTime<Utc>, zone: Tz) -> DateTime<Utc> {
        if !self.covers(at, zone) {
            return at;
        }
        self.readings(self.to, at, zone).find(|end| *end > at && !self.covers(*end, zone)).unwrap_or(at)
    }

    /// The last moment up to `at` that is not quiet: a minute before the quiet begins, for whatever must not wait until it ends.
    pub fn not_after(&self, at: DateTime<Utc>, zone: Tz) -> DateTime<Utc> {
        if !self.covers(at, zone) {
            return at;
        }
        let before = |start: DateTime<Utc>| start - TimeDelta::minutes(1);
        self.readings(self.from, at, zone).map(before).filter(|moment| *moment <= at && !self.covers(*moment, zone)).max().unwrap_or(at)
    }

    /// The moments around `at`, in order, at which the clock shows this. A clock that goes back shows it twice.
    fn readings(&self, shown: NaiveTime, at: DateTime<Utc>, zone: Tz) -> impl Iterator<Item = DateTime<Utc>> {
        let today = at.with_timezone(&zone).date_naive();
        (-2..=2).flat_map(move |days| {
            let reading = (today + TimeDelta::days(days)).and_time(shown);
            let (first, last) = (earliest(zone, reading), super::latest(zone, reading));
            [Some(first), (last != first).then_some(last)].into_iter().flatten()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn hours(from: &str, to: &str) -> QuietHours {
        QuietHours { from: from.parse().unwrap(), to: to.parse().unwrap() }
    }

    #[test]
    fn what_comes_at_night_waits_for_the_morning_where_the_applicant_lives() {
        for (at, zone, until, reason) in [
            ("2026-11-23T12:00:00+01:00", Tz::Europe__Berlin, "2026-11-23T12:00:00+01:00", "noon is not quiet"),
            ("2026-11-23T19:59:59+01:00", Tz::Europe__Berlin, "2026-11-23T19:59:59+01:00", "a second before"),
            ("2026-11-23T20:00:00+01:00", Tz::Europe__Berlin, "2026-11-24T08:00:00+01:00", "eight in the evening is quiet"),
            ("2026-11-24T03:00:00+01:00", Tz::Europe__Berlin, "2026-11-24T08:00:00+01:00", "after midnight it is the same morning"),
            ("2026-11-24T08:00:00+01:00", Tz::Europe__Berlin, "2026-11-24T08:00:00+01:00", "eight in the morning is not"),
            ("2026-11-23T12:00:00+01:00", Tz::Asia__Tokyo, "2026-11-24T08:00:00+09:00", "noon in Berlin is 20:00 in Tokyo"),
            ("2026-11-23T12:00:00+01:00", Tz::America__Los_Angeles, "2026-11-23T08:00:00-08:00", "and 03:00 in Los Angeles"),
            ("2027-03-27T22:00:00+01:00", Tz::Europe__Berlin, "2027-03-28T08:00:00+02:00", "a night of eleven hours"),
            ("2026-10-24T22:00:00+02:00", Tz::Europe__Berlin, "2026-10-25T08:00:00+01:00", "a night of thirteen"),
            ("2011-12-29T21:00:00-10:00", Tz::Pacific__Apia, "2011-12-31T08:00:00+14:00", "Samoa, where the next day was left out"),
        ] {
            assert_eq!(QuietHours::NIGHT.not_before(utc(at), zone), utc(until), "{reason}");
        }
    }

    #[test]
    fn quiet_that_ends_in_a_skipped_hour_ends_when_the_clock_goes_forward() {
        let quiet = hours("20:00", "02:30");
        assert_eq!(quiet.not_before(utc("2027-03-28T01:30:00+01:00"), Tz::Europe__Berlin), utc("2027-03-28T03:00:00+02:00"));
    }

    #[test]
    fn quiet_that_ends_in_an_hour_that_comes_twice_is_over_whenever_the_clock_says_so() {
        let quiet = hours("20:00", "02:30");
        let berlin = |at| quiet.not_before(utc(at), Tz::Europe__Berlin);
        assert_eq!(berlin("2026-10-25T01:00:00+02:00"), utc("2026-10-25T02:30:00+02:00"));
        assert_eq!(berlin("2026-10-25T02:45:00+02:00"), utc("2026-10-25T02:45:00+02:00"), "between the two");
        assert_eq!(berlin("2026-10-25T02:10:00+01:00"), utc("2026-10-25T02:30:00+01:00"), "the second time round it is quiet again");
    }

    #[test]
    fn quiet_hours_within_one_day_and_none_at_all() {
        let noon = hours("12:00", "14:00");
        assert_eq!(noon.not_before(utc("2026-11-23T13:00:00Z"), Tz::UTC), utc("2026-11-23T14:00:00Z"));
        assert_eq!(noon.not_before(utc("2026-11-23T23:00:00Z"), Tz::UTC), utc("2026-11-23T23:00:00Z"));
        let none = hours("08:00", "08:00");
        assert_eq!(none.not_before(utc("2026-11-23T08:00:00Z"), Tz::UTC), utc("2026-11-23T08:00:00Z"));
    }

    #[test]
    fn what_cannot_wait_for_the_morning_goes_out_before_the_night() {
        for (at, zone, until) in [
            ("2026-11-23T12:00:00+01:00", Tz::Europe__Berlin, "2026-11-23T12:00:00+01:00"),
            ("2026-11-23T23:59:59+01:00", Tz::Europe__Berlin, "2026-11-23T19:59:00+01:00"),
            ("2026-11-24T07:00:00+01:00", Tz::Europe__Berlin, "2026-11-23T19:59:00+01:00"),
            ("2026-11-23T20:00:00+01:00", Tz::Europe__Berlin, "2026-11-23T19:59:00+01:00"),
        ] {
            assert_eq!(QuietHours::NIGHT.not_after(utc(at), zone), utc(until), "{at}");
        }
    }

    proptest::proptest! {
        #[test]
        fn both_ends_are_outside_and_nothing_between_them_is(minutes in 0..60 * 24 * 365 * 2i64, zone in 0..chrono_tz::TZ_VARIANTS.len()) {
            let (at, zone) = (utc("2026-01-01T00:00:00Z") + TimeDelta::minutes(minutes), chrono_tz::TZ_VARIANTS[zone]);
            let quiet = QuietHours::NIGHT;
            let (before, after) = (quiet.not_after(at, zone), quiet.not_before(at, zone));
            assert!(before <= at && at <= after && !quiet.covers(before, zone) && !quiet.covers(after, zone));
            let mut between = before + TimeDelta::minutes(1);
            while quiet.covers(at, zone) && between < after {
                assert!(quiet.covers(between, zone), "{between} in {zone}");
                between += TimeDelta::minutes(1);
            }
        }
    }
}
