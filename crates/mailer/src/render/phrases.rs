//! The few words that are not in a template: dates and stages, in each language.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use hearback_domain::{application::Stage, locale::Locale};

/// A day as people write it out, in their own time zone: `Monday, 7 December 2026`.
pub(crate) fn long_date(locale: Locale, moment: DateTime<Utc>, zone: Tz) -> String {
    let day = moment.with_timezone(&zone);
    match locale {
        Locale::En => day.format("%A, %-d %B %Y").to_string(),
    }
}

/// Where an application stands, after "it is now".
pub(crate) const fn stage_phrase(locale: Locale, stage: Stage) -> &'static str {
    match (locale, stage) {
        (Locale::En, Stage::Received) => "waiting to be reviewed",
        (Locale::En, Stage::Review) => "being reviewed",
        (Locale::En, Stage::Interview) => "at the interview stage",
        (Locale::En, Stage::Offer) => "at the offer stage",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_the_applicants_own_day() {
        let just_before_midnight = "2026-12-06T23:30:00Z".parse().unwrap();
        assert_eq!(long_date(Locale::En, just_before_midnight, Tz::Europe__Berlin), "Monday, 7 December 2026");
        assert_eq!(long_date(Locale::En, just_before_midnight, Tz::America__Toronto), "Sunday, 6 December 2026");
    }
}
