//! From a letter to the bytes that are sent.

mod checked;
mod error;
mod mail;
mod probe;
mod staff;

use std::panic::{AssertUnwindSafe, catch_unwind};

use hearback_domain::EmailAddress;

pub use error::ComposeError;
pub use probe::{ProbeLetter, compose_probe};

use crate::{
    Letter, StaffLetter,
    render::{BrokenTemplate, Catalogue},
    templates::Templates,
};
pub(crate) use checked::Checked;

/// A mail, ready to be handed to a relay: just composed, or as it was stored when an earlier try may have sent it.
///
/// ```
/// # use hearback_domain::{locale::Locale, notification::Kind};
/// # use hearback_mailer::{Composed, Composer, samples};
/// # let first = Composer::new().unwrap().compose(&samples::letter(Kind::Rejected, Locale::En)).unwrap();
/// # let (message_id, envelope_from, to) = (first.message_id.clone(), first.envelope_from.clone(), first.to.clone());
/// # let (subject, text, raw) = (first.subject.clone(), first.text.clone(), first.raw.clone());
/// # let (template_version, sha256) = (first.template_version.clone(), first.sha256);
/// let again = Composed { message_id, envelope_from, to, subject, text, raw, template_version, sha256 };
/// assert_eq!(again, first);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Composed {
    /// With its angle brackets; the same for every try.
    pub message_id: String,
    pub envelope_from: EmailAddress,
    pub to: EmailAddress,
    pub subject: String,
    /// The text part, before any transfer encoding.
    pub text: String,
    /// RFC 5322, lines ended by CR LF.
    pub raw: Vec<u8>,
    /// Twelve hexadecimal digits that name the template and layout it was made from.
    pub template_version: String,
    /// Of `raw`.
    pub sha256: [u8; 32],
}

/// Debug output ends in logs, where texts must not.
impl std::fmt::Debug for Composed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Composed")
            .field("message_id", &self.message_id)
            .field("to", &self.to)
            .field("bytes", &self.raw.len())
            .finish_non_exhaustive()
    }
}

/// A mail to look at.
#[derive(Clone, Debug)]
pub struct Preview {
    pub mail: Composed,
    /// The HTML part, before any transfer encoding.
    pub html: String,
}

/// Turns letters into mails. Holds what was parsed once; share it.
pub struct Composer {
    catalogue: Catalogue,
}

impl Composer {
    pub fn new() -> Result<Self, BrokenTemplate> {
        Self::with(&Templates::built_in())
    }

    /// With an operator's own texts. Those that have findings are not for applicants.
    pub fn with(templates: &Templates) -> Result<Self, BrokenTemplate> {
        Ok(Self { catalogue: Catalogue::of(templates)? })
    }

    /// Composes one mail: the same bytes for the same letter.
    ///
    /// # Errors
    /// The letter cannot be made into a mail, now or on any retry.
    pub fn compose(&self, letter: &Letter) -> Result<Composed, ComposeError> {
        contained(|| {
            let letter = Checked::from(letter)?;
            let rendered = self.catalogue.render(letter.kind, letter.locale, &letter.values())?;
            mail::build(&letter.head(), rendered)
        })
    }

    /// The mail and both its parts, for people to look at.
    ///
    /// # Errors
    /// As `compose`.
    pub fn preview(&self, letter: &Letter) -> Result<Preview, ComposeError> {
        let mail = self.compose(letter)?;
        contained(|| {
            let checked = Checked::from(letter)?;
            let rendered = self.catalogue.render(letter.kind, letter.locale, &checked.values())?;
            Ok(Preview { html: rendered.html, mail })
        })
    }

    /// The same for a mail to a person of the organisation.
    pub fn compose_staff(&self, letter: &StaffLetter) -> Result<Composed, ComposeError> {
        contained(|| {
            let head = staff::head(letter)?;
            let rendered = self.catalogue.render_staff(letter.kind, letter.locale, &staff::values(letter)?)?;
            mail::build(&head, rendered)
        })
    }
}

impl std::fmt::Debug for Composer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Composer")
    }
}

/// Turns a panic into an error. The crates below panic on values that they cannot express (chrono beyond its
/// calendar, lettre on header text that it cannot encode). Those that we know are refused before; one applicant's unknown
/// one must not take the neighbours' mails along. Nothing is shared but the catalogue, which nobody changes.
fn contained<T>(compose: impl FnOnce() -> Result<T, ComposeError>) -> Result<T, ComposeError> {
    catch_unwind(AssertUnwindSafe(compose)).unwrap_or(Err(ComposeError::Panicked))
}

#[cfg(test)]
mod tests;
