//! A length of time as people write it.

use std::time::Duration;

use chrono::TimeDelta;
use hearback_domain::calendar::Delay;
use serde::{Deserialize, Serialize};

/// `15 min`, `14 days`, `1 h 30 min`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Span(pub TimeDelta);

/// A promise further away than this is a typing mistake, and beyond what calendars can add to a date.
const LONGEST: TimeDelta = TimeDelta::days(36_525);

impl Span {
    /// One that is compiled in.
    pub(crate) fn of(duration: Duration) -> Self {
        Self(TimeDelta::from_std(duration).expect("nobody compiled in more than chrono can count"))
    }

    pub(crate) fn duration(self) -> Duration {
        self.0.to_std().unwrap_or_default()
    }
}

impl TryFrom<String> for Span {
    type Error = String;

    fn try_from(given: String) -> Result<Self, String> {
        let words = || format!("`{given}` is not a length of time; write a number and a unit, such as 30 s, 15 min, 2 h or 14 days");
        let span = humantime::parse_duration(&given).map_err(|_| words())?;
        let span = TimeDelta::from_std(span).ok().filter(|span| *span <= LONGEST);
        span.map(Self).ok_or_else(|| format!("`{given}` is longer than 100 years"))
    }
}

impl From<Span> for String {
    fn from(span: Span) -> Self {
        // Months of 30.44 days are nothing that anybody has set.
        let whole = TimeDelta::seconds(span.0.num_seconds()) == span.0;
        if whole { Delay::Time(span.0).to_string() } else { humantime::format_duration(span.duration()).to_string() }
    }
}
