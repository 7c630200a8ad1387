//! Ontario, Canada: employers of 25 or more people tell everybody they interviewed for a publicly advertised job whether a hiring decision
//! was made, within 45 days after the last interview. Whether it applies to a job is for the organisation to say.
//!
//! Days are counted without the day of the interview (Legislation Act, 2006, section 89). Where the last day is a holiday, that Act would
//! give one more; this does not take it.

use super::{Preset, date};

pub(super) const PRESET: Preset = Preset {
    name: "Ontario: Employment Standards Act, 2000, Part III.1, and O. Reg. 476/24",
    source: "https://www.ontario.ca/laws/regulation/240476",
    read_on: date(2026, 11, 25),
    in_force: date(2026, 1, 1),
    days_after_last_interview: 45,
    keep_told_years: 3,
};

#[cfg(test)]
mod tests {
    use chrono::{DateTime, NaiveDate, Utc};
    use chrono_tz::Tz;

    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    /// The last interview, when the applicant was last told whether there is a decision, and the end of the last day to tell them.
    #[test]
    fn interviewed_applicants_are_told_within_45_days() {
        let toronto = [
            ("2026-01-05T10:00:00-05:00", "", "2026-02-19T23:59:59-05:00", "45 days after a Monday in January"),
            ("2026-01-05T00:00:00-05:00", "", "2026-02-19T23:59:59-05:00", "the first minute of the same day"),
            ("2026-01-05T23:59:59-05:00", "", "2026-02-19T23:59:59-05:00", "the last second of the same day"),
            ("2026-01-06T00:00:00-05:00", "", "2026-02-20T23:59:59-05:00", "a second later it is the next day"),
            ("2026-01-06T04:30:00Z", "", "2026-02-19T23:59:59-05:00", "in Toronto it was still the 5th"),
            (
                "2026-01-31T10:00:00-05:00",
                "",
                "2026-03-17T23:59:59-04:00",
                "over the change to daylight saving time, and 28 days of February",
            ),
            ("2028-01-31T10:00:00-05:00", "", "2028-03-16T23:59:59-04:00", "a leap year has one day more before"),
            ("2026-02-28T10:00:00-05:00", "", "2026-04-14T23:59:59-04:00", "the last day of February"),
            ("2026-09-20T10:00:00-04:00", "", "2026-11-04T23:59:59-05:00", "over the change back to standard time"),
            ("2026-12-01T10:00:00-05:00", "", "2027-01-15T23:59:59-05:00", "over the end of the year"),
            (
                "2026-11-10T10:00:00-05:00",
                "",
                "2026-12-25T23:59:59-05:00",
                "Christmas Day is not extended: earlier is allowed, later might not be",
            ),
            ("2026-01-15T10:00:00-05:00", "", "2026-03-01T23:59:59-05:00", "nor is a Sunday"),
            ("2026-01-01T09:00:00-05:00", "", "2026-02-15T23:59:59-05:00", "the first day on which it is in force"),
            ("2025-12-31T16:00:00-05:00", "", "", "the last day on which it was not"),
            ("2026-01-01T03:00:00Z", "", "", "in Toronto it was still 2025"),
            ("", "", "", "who was not interviewed is owed nothing by this law"),
            ("", "2026-02-01T10:00:00-05:00", "", "whatever they were told"),
            ("2026-01-05T10:00:00-05:00", "2026-02-10T10:00:00-05:00", "", "told in time"),
            (
                "2026-01-05T10:00:00-05:00",
                "2026-03-10T10:00:00-04:00",
                "",
                "told late: nothing more is owed, and the record shows that it was late",
            ),
            ("2026-01-05T10:00:00-05:00", "2026-01-05T10:00:00-05:00", "", "told in the interview itself"),
            (
                "2026-02-20T10:00:00-05:00",
                "2026-02-10T10:00:00-05:00",
                "2026-04-06T23:59:59-04:00",
                "told, then interviewed again: it counts from there",
            ),
            (
                "2026-02-20T10:00:00-05:00",
                "2026-02-20T09:59:59-05:00",
                "2026-04-06T23:59:59-04:00",
                "told a second before the second interview",
            ),
        ];
        for (interview, told, due, reason) in toronto {
            check(Tz::America__Toronto, interview, told, due, reason);
        }
        check(
            Tz::America__Winnipeg,
            "2026-01-06T00:30:00-05:00",
            "",
            "2026-02-19T23:59:59-06:00",
            "in the west of Ontario clocks show an hour less, and it was still the 5th",
        );
    }

    fn check(zone: Tz, interview: &str, told: &str, due: &str, reason: &str) {
        let [interview, told, due] = [interview, told, due].map(|text| (!text.is_empty()).then(|| utc(text)));
        assert_eq!(PRESET.due(interview, told, zone), due, "{reason}");
    }

    #[test]
    fn what_was_told_is_kept_for_three_years() {
        for (told, last, reason) in [
            ("2026-02-10T10:00:00-05:00", "2029-02-10", "three years to the day"),
            ("2026-02-11T03:00:00Z", "2029-02-10", "told on the 10th by Toronto's clock"),
            ("2028-02-29T10:00:00-05:00", "2031-02-28", "a leap day has no anniversary in 2031"),
        ] {
            let (told, last): (_, NaiveDate) = (utc(told), last.parse().unwrap());
            assert_eq!(PRESET.keep_until(told, Tz::America__Toronto), last, "{reason}");
            let noon = |day: NaiveDate| utc(&format!("{day}T12:00:00-05:00"));
            assert!(!PRESET.allows_erasure(told, Tz::America__Toronto, noon(last)), "{reason}");
            assert!(PRESET.allows_erasure(told, Tz::America__Toronto, noon(last.succ_opt().unwrap())), "{reason}");
        }
    }
}
