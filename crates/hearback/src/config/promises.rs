//! What the organisation promises, as people write it.

use std::collections::BTreeSet;

use chrono::{NaiveDate, NaiveTime, TimeDelta, Weekday};
use hearback_domain::{
    calendar::{Calendar, DayOfWeek, Delay, QuietHours},
    law::Law,
    policy::{Policy, Undecided},
};
use serde::{Deserialize, Serialize};

use super::Span;

/// See [`Policy`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PromisesConfig {
    pub acknowledge_within: Span,
    pub update_every: Span,
    pub reject_after_delay: Wait,
    pub deliver_within: Span,
    pub decide_within: Span,
    pub undecided: Undecided,
    pub answer_replies_within: Wait,
    pub quiet_hours: Quiet,
    pub bulk_cap: u32,
    pub weekend: Weekend,
    pub holidays: Holidays,
    pub law: LawInForce,
    pub retention: Retention,
}

impl Default for PromisesConfig {
    fn default() -> Self {
        let Policy {
            acknowledge_within,
            update_every,
            reject_after_delay,
            deliver_within,
            decide_within,
            undecided,
            answer_replies_within,
            quiet_hours,
            bulk_cap,
            calendar: Calendar { weekend, holidays },
            law,
            retention,
        } = Policy::default();
        Self {
            acknowledge_within: Span(acknowledge_within),
            update_every: Span(update_every),
            reject_after_delay: Wait(reject_after_delay),
            deliver_within: Span(deliver_within),
            decide_within: Span(decide_within),
            undecided,
            answer_replies_within: Wait(answer_replies_within),
            quiet_hours: Quiet(quiet_hours),
            bulk_cap,
            weekend: Weekend(weekend),
            holidays: Holidays(holidays),
            law: LawInForce(law),
            retention: Retention(retention),
        }
    }
}

impl PromisesConfig {
    pub(crate) fn policy(&self) -> Policy {
        let Self {
            acknowledge_within,
            update_every,
            reject_after_delay,
            deliver_within,
            decide_within,
            undecided,
            answer_replies_within,
            quiet_hours,
            bulk_cap,
            weekend,
            holidays,
            law,
            retention,
        } = self.clone();
        Policy {
            acknowledge_within: acknowledge_within.0,
            update_every: update_every.0,
            reject_after_delay: reject_after_delay.0,
            deliver_within: deliver_within.0,
            decide_within: decide_within.0,
            undecided,
            answer_replies_within: answer_replies_within.0,
            quiet_hours: quiet_hours.0,
            bulk_cap,
            calendar: Calendar { weekend: weekend.0, holidays: holidays.0 },
            law: law.0,
            retention: retention.0,
        }
    }
}

/// A length of time, or a number of working days: `48 h`, `2 working days`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Wait(pub Delay);

impl TryFrom<String> for Wait {
    type Error = String;

    fn try_from(given: String) -> Result<Self, String> {
        if let Ok(delay) = given.parse() {
            return Ok(Self(delay));
        }
        let words = |_| format!("`{given}` is not a length of time; write a number and a unit, such as 48 h, 2 days or 2 working days");
        Span::try_from(given.clone()).map(|span| Self(Delay::Time(span.0))).map_err(words)
    }
}

impl From<Wait> for String {
    fn from(wait: Wait) -> Self {
        match wait.0 {
            Delay::Time(length) => Span(length).into(),
            Delay::WorkingDays(_) => wait.0.to_string(),
        }
    }
}

/// `20:00-08:00`, or `none`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Quiet(pub Option<QuietHours>);

const NONE: &str = "none";

const TIME_OF_DAY: &str = "%H:%M";

impl TryFrom<String> for Quiet {
    type Error = String;

    fn try_from(given: String) -> Result<Self, String> {
        if given.trim() == NONE {
            return Ok(Self(None));
        }
        let time = |text: &str| NaiveTime::parse_from_str(text.trim(), TIME_OF_DAY).ok();
        let hours = given.split_once('-').and_then(|(from, to)| Some(QuietHours { from: time(from)?, to: time(to)? }));
        hours.map(|hours| Self(Some(hours))).ok_or_else(|| {
            format!("`{given}` is no part of a day; write two times and a dash, such as 20:00-08:00, or none for mail at any hour")
        })
    }
}

impl From<Quiet> for String {
    fn from(quiet: Quiet) -> Self {
        let Some(QuietHours { from, to }) = quiet.0 else { return NONE.to_owned() };
        format!("{}-{}", from.format(TIME_OF_DAY), to.format(TIME_OF_DAY))
    }
}

/// A law by its name, or `none`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LawInForce(pub Option<Law>);

impl TryFrom<String> for LawInForce {
    type Error = String;

    fn try_from(given: String) -> Result<Self, String> {
        if given.trim() == NONE {
            return Ok(Self(None));
        }
        let known: Vec<&str> = Law::ALL.iter().map(|law| law.as_str()).collect();
        let words = |_| format!("`{given}` is not a law that comes with Hearback; write none, or one of: {}", known.join(", "));
        given.trim().parse().map(|law| Self(Some(law))).map_err(words)
    }
}

impl From<LawInForce> for String {
    fn from(law: LawInForce) -> Self {
        law.0.map_or(NONE, Law::as_str).to_owned()
    }
}

/// A length of time, or `none`: nothing is erased that nobody asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Retention(pub Option<TimeDelta>);

impl TryFrom<String> for Retention {
    type Error = String;

    fn try_from(given: String) -> Result<Self, String> {
        if given.trim() == NONE {
            return Ok(Self(None));
        }
        let words = |_| format!("`{given}` is no length of time; write a number and a unit, such as 730 days, or none to keep everything");
        Span::try_from(given.clone()).map(|span| Self(Some(span.0))).map_err(words)
    }
}

impl From<Retention> for String {
    fn from(retention: Retention) -> Self {
        retention.0.map_or_else(|| NONE.to_owned(), |length| Span(length).into())
    }
}

/// Days of the week, in a list, or in one text with commas as variables have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Listed")]
pub struct Weekend(pub BTreeSet<DayOfWeek>);

/// Dates, in the same way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Listed")]
pub struct Holidays(pub BTreeSet<NaiveDate>);

#[derive(Deserialize)]
#[serde(untagged, expecting = "must be a list of texts, or one text with commas between them")]
enum Listed {
    List(Vec<String>),
    Text(String),
}

impl Listed {
    fn items(&self) -> impl Iterator<Item = &str> {
        let items: Vec<&str> = match self {
            Self::List(items) => items.iter().map(String::as_str).collect(),
            Self::Text(text) => text.split(',').collect(),
        };
        items.into_iter().map(str::trim).filter(|item| !item.is_empty())
    }
}

impl TryFrom<Listed> for Weekend {
    type Error = String;

    fn try_from(given: Listed) -> Result<Self, String> {
        let words = |day: &str| format!("`{day}` is not a day of the week; write days such as Sat, Sun");
        let day = |day: &str| day.parse::<Weekday>().map(DayOfWeek).map_err(|_| words(day));
        given.items().map(day).collect::<Result<_, _>>().map(Self)
    }
}

impl TryFrom<Listed> for Holidays {
    type Error = String;

    fn try_from(given: Listed) -> Result<Self, String> {
        let words = |date: &str| format!("`{date}` is not a date; write dates such as 2026-12-25");
        let date = |date: &str| date.parse::<NaiveDate>().map_err(|_| words(date));
        given.items().map(date).collect::<Result<_, _>>().map(Self)
    }
}
