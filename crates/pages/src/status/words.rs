//! The words of the status page that depend on how the application stands, in each language.

use hearback_domain::{
    application::{Stage, Status},
    locale::Locale,
};

/// Where it stands in one sentence, and what that means in another.
pub(super) const fn told(locale: Locale, status: Status, stage: Stage) -> (&'static str, &'static str) {
    match (locale, status) {
        (Locale::En | Locale::De | Locale::Fr | Locale::Es, Status::Active) => match stage {
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
        (Locale::En | Locale::De | Locale::Fr | Locale::Es, Status::Hired) => {
            ("You have the job.", "Congratulations, we are very glad to have you with us. What happens next, we tell you by email.")
        }
        (Locale::En | Locale::De | Locale::Fr | Locale::Es, Status::Rejected) => (
            "We have decided not to go further with your application.",
            "This is probably not the answer you hoped for. Thank you for the time and the thought you put into applying.",
        ),
        (Locale::En | Locale::De | Locale::Fr | Locale::Es, Status::Withdrawn) => (
            "Your application has been withdrawn.",
            "We will not consider it any further. If you did not ask for this, or have changed your mind, please tell us.",
        ),
    }
}

/// A stage by its name.
pub(super) const fn stage_name(locale: Locale, stage: Stage) -> &'static str {
    match (locale, stage) {
        (Locale::En | Locale::De | Locale::Fr | Locale::Es, Stage::Received) => "Received",
        (Locale::En | Locale::De | Locale::Fr | Locale::Es, Stage::Review) => "Review",
        (Locale::En | Locale::De | Locale::Fr | Locale::Es, Stage::Interview) => "Interview",
        (Locale::En | Locale::De | Locale::Fr | Locale::Es, Stage::Offer) => "Offer",
    }
}
