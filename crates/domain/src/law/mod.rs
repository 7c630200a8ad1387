//! Laws about telling applicants, as data. None applies unless the organisation says so.
//!
//! Another law is one file with a [`Preset`] and a table of dated cases, and one line in [`Law`] and [`Law::preset`].

mod due;
mod ontario;

use chrono::NaiveDate;

use crate::closed_set::closed_set;

closed_set! {
    /// A law, by the ISO 3166-2 code of where it holds.
    Law, "law" {
        Ontario = "CA-ON",
    }
}

/// What a law asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    pub name: &'static str,
    /// Where it can be read.
    pub source: &'static str,
    /// When it was read for this preset. Whoever relies on it later looks whether it changed.
    pub read_on: NaiveDate,
    /// Interviews before this day owe nothing by it.
    pub in_force: NaiveDate,
    /// Interviewed applicants are told whether there is a decision within so many calendar days after their last interview. The day of the interview does not count.
    /// "No decision yet" is an answer.
    pub days_after_last_interview: u16,
    /// For how many years a copy of what was told is kept, from the day it was told.
    pub keep_told_years: u32,
}

impl Law {
    pub const fn preset(self) -> &'static Preset {
        match self {
            Self::Ontario => &ontario::PRESET,
        }
    }
}

const fn date(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("a date of the calendar")
}
