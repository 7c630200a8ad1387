//! The languages that applicants are written to in, which one of them somebody reads, and how it writes dates.

mod dates;
mod language;
mod place;

pub use dates::{date_and_time, long_date};
pub use language::{InvalidLanguage, Language};
pub use place::zone_name;

use crate::closed_set::closed_set;

closed_set! {
    /// A language with a template for every kind, by its BCP 47 tag. People are addressed formally: Sie, vous, usted.
    Locale, "locale" {
        En = "en",
        De = "de",
        Fr = "fr",
        Es = "es",
    }
}

closed_set! {
    /// A language that the organisation's own people are written to in: what they need to act on is said in the words of this program's
    /// commands, which are English.
    StaffLocale, "language of mails to staff" {
        En = "en",
    }
}

impl From<StaffLocale> for Locale {
    fn from(language: StaffLocale) -> Self {
        match language {
            StaffLocale::En => Self::En,
        }
    }
}
