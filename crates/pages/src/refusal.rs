//! Requests that get no page, and what the person behind them is told instead.

mod words;

use actix_web::http::StatusCode;
use hearback_domain::locale::Locale;
use hearback_ledger::LedgerError;

#[derive(Debug)]
pub(crate) enum Refusal {
    /// The token opens no application. The same for every wrong one: the answer tells nobody whether they are close.
    NoSuchLink,
    NotFound,
    MethodNotAllowed,
    /// What was asked for could not be done, and the log says why.
    NotDone,
    Ledger(LedgerError),
    Template(minijinja::Error),
}

/// What a person is told about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    NoSuchLink,
    NotFound,
    OnlyRead,
    Later,
    OurFault,
}

impl Refusal {
    pub(crate) const fn status(&self) -> StatusCode {
        match self {
            Self::NoSuchLink | Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            // No page sets a condition: to try again is right.
            Self::Ledger(LedgerError::Unavailable(_) | LedgerError::Changed) => StatusCode::SERVICE_UNAVAILABLE,
            Self::NotDone | Self::Ledger(LedgerError::Refused(_) | LedgerError::Unreadable { .. }) | Self::Template(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        }
    }

    /// A headline, and what to do.
    pub(crate) const fn words(&self, locale: Locale) -> (&'static str, &'static [&'static str]) {
        let told = match self {
            Self::NoSuchLink => Told::NoSuchLink,
            Self::NotFound => Told::NotFound,
            Self::MethodNotAllowed => Told::OnlyRead,
            Self::Ledger(LedgerError::Unavailable(_) | LedgerError::Changed) => Told::Later,
            Self::NotDone | Self::Ledger(LedgerError::Refused(_) | LedgerError::Unreadable { .. }) | Self::Template(_) => Told::OurFault,
        };
        words::words(locale, told)
    }
}
