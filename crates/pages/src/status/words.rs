//! The words of the status page that depend on how the application stands, in each language.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use hearback_domain::{
    application::{Stage, Status},
    locale::Locale,
};

/// Where it stands in one sentence, and what that means in another.
pub(super) const fn told(locale: Locale, status: Status, stage: Stage) -> (&'static str, &'static str) {
    match (locale, status) {
        (Locale::En, Status::Active) => match stage {
            Stage::Received => ("We have your application.", "It is waiting to be reviewed. You do not need to do anything."),
            Stage::Review => ("Your application is being reviewed.", "People are looking at it now. You do not need to do anything."),
            Stage::Interview => (
                "Your application is at the interview stage.",
                "We would like to know more about you. What happens next, we tell you by email.",
            ),
            Stage::Offer => {
                ("Your application is at the offer stage.", "We would like to work with you. What happens next, we tell you by email.")
            }
        },
        (Locale::En, Status::Hired) => {
            ("You have the job.", "Congratulations, we are very glad to have you with us. What happens next, we tell you by email.")
        }
        (Locale::En, Status::Rejected) => (
            "We have decided not to go further with your application.",
            "This is probably not the answer you hoped for. Thank you for the time and the thought you put into applying.",
        ),
        (Locale::En, Status::Withdrawn) => (
            "Your application has been withdrawn.",
            "We will not consider it any further. If you did not ask for this, or have changed your mind, please tell us.",
        ),
    }
}

/// A stage by its name.
pub(super) const fn stage_name(locale: Locale, stage: Stage) -> &'static str {
    match (locale, stage) {
        (Locale::En, Stage::Received) => "Received",
        (Locale::En, Stage::Review) => "Review",
        (Locale::En, Stage::Interview) => "Interview",
        (Locale::En, Stage::Offer) => "Offer",
    }
}

/// A day as people write it out, in their own time zone: `Monday, 7 December 2026`.
pub(super) fn long_date(locale: Locale, moment: DateTime<Utc>, zone: Tz) -> String {
    let day = moment.with_timezone(&zone);
    match locale {
        Locale::En => day.format("%A, %-d %B %Y").to_string(),
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
