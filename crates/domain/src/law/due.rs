//! The dates that a law sets.

use chrono::{DateTime, Days, Months, NaiveDate, Utc};
use chrono_tz::Tz;

use super::Preset;
use crate::calendar::end_of_day;

impl Preset {
    /// The last moment to tell the applicant, if they are owed word and have none yet: the end of the last day where the job is.
    ///
    /// `told_at` is when they were last told whether a decision was made. A later interview opens the question again.
    pub fn due(&self, last_interview: Option<DateTime<Utc>>, told_at: Option<DateTime<Utc>>, zone: Tz) -> Option<DateTime<Utc>> {
        let interview = last_interview?;
        let day = interview.with_timezone(&zone).date_naive();
        let owed = day >= self.in_force && told_at.is_none_or(|told| told < interview);
        owed.then(|| end_of_day(zone, day + Days::new(self.days_after_last_interview.into())))
    }

    /// The last day on which a copy of what was told must still be there.
    pub fn keep_until(&self, told_at: DateTime<Utc>, zone: Tz) -> NaiveDate {
        told_at.with_timezone(&zone).date_naive() + Months::new(12 * self.keep_told_years)
    }

    /// Whether what was told may be erased now, for all that this law says.
    pub fn allows_erasure(&self, told_at: DateTime<Utc>, zone: Tz, now: DateTime<Utc>) -> bool {
        now.with_timezone(&zone).date_naive() > self.keep_until(told_at, zone)
    }
}
