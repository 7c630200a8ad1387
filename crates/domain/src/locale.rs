//! The languages that applicants are written to in.

use crate::closed_set::closed_set;

closed_set! {
    /// A language with a template for every kind, by its BCP 47 tag.
    Locale, "locale" {
        En = "en",
    }
}
