//! Lengths of time as people write them in a policy: `15 minutes`, `14 days`, `2 working days`.

use std::{fmt, str::FromStr};

use chrono::TimeDelta;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use crate::calendar::Delay;

/// A length of time that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is no length of time; expected a number and a unit, such as `15 minutes`, `36 hours`, `14 days` or `2 working days`")]
pub struct InvalidDelay {
    pub given: String,
}

/// Ten years: no promise is longer, and no date computed from one leaves the calendar.
const MOST_SECONDS: i64 = 10 * 366 * 24 * 3600;

const MOST_WORKING_DAYS: u16 = 2_000;

impl FromStr for Delay {
    type Err = InvalidDelay;

    fn from_str(text: &str) -> Result<Self, InvalidDelay> {
        let invalid = || InvalidDelay { given: text.chars().take(80).collect() };
        let text = text.trim();
        let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).ok_or_else(invalid)?);
        let number: i64 = number.parse().map_err(|_| invalid())?;
        let seconds = match unit.trim() {
            "working day" | "working days" => {
                let days = u16::try_from(number).ok().filter(|days| *days <= MOST_WORKING_DAYS);
                return days.map(Self::WorkingDays).ok_or_else(invalid);
            }
            "s" | "sec" | "second" | "seconds" => 1,
            "m" | "min" | "minute" | "minutes" => 60,
            "h" | "hour" | "hours" => 3600,
            "d" | "day" | "days" => 24 * 3600,
            "w" | "week" | "weeks" => 7 * 24 * 3600,
            _ => return Err(invalid()),
        };
        let seconds = number.checked_mul(seconds).filter(|seconds| *seconds <= MOST_SECONDS).ok_or_else(invalid)?;
        Ok(Self::Time(TimeDelta::seconds(seconds)))
    }
}

impl fmt::Display for Delay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, unit) = match *self {
            Self::WorkingDays(days) => (i64::from(days), "working day"),
            Self::Time(length) => {
                let seconds = length.num_seconds();
                let whole = [(24 * 3600, "day"), (3600, "hour"), (60, "minute")];
                let fits = whole.into_iter().find(|(unit, _)| seconds != 0 && seconds % unit == 0);
                fits.map_or((seconds, "second"), |(unit, name)| (seconds / unit, name))
            }
        };
        write!(f, "{number} {unit}{}", if number == 1 { "" } else { "s" })
    }
}

impl Serialize for Delay {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Delay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_reads_as_it_is_written() {
        for (text, delay) in [
            ("15 minutes", Delay::Time(TimeDelta::minutes(15))),
            ("1 hour", Delay::Time(TimeDelta::hours(1))),
            ("36 hours", Delay::Time(TimeDelta::hours(36))),
            ("14 days", Delay::Time(TimeDelta::days(14))),
            ("90 seconds", Delay::Time(TimeDelta::seconds(90))),
            ("0 seconds", Delay::Time(TimeDelta::zero())),
            ("1 working day", Delay::WorkingDays(1)),
            ("2 working days", Delay::WorkingDays(2)),
        ] {
            assert_eq!(text.parse(), Ok(delay));
            assert_eq!(delay.to_string(), text);
        }
        assert_eq!("15min".parse(), Ok(Delay::Time(TimeDelta::minutes(15))));
        assert_eq!(" 2 w ".parse(), Ok(Delay::Time(TimeDelta::days(14))));
    }

    #[test]
    fn what_is_no_length_is_named_with_an_example() {
        for wrong in
            ["", "14", "days", "-1 day", "1.5 days", "3 months", "99999999999999999999 s", "9999 weeks", "2001 working days", "2 workdays"]
        {
            let error = wrong.parse::<Delay>().unwrap_err();
            assert!(error.to_string().contains("such as `15 minutes`"), "{error}");
        }
    }
}
