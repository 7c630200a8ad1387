//! Requests that get no page, and what the person behind them is told instead.

use actix_web::http::StatusCode;
use hearback_ledger::LedgerError;

#[derive(Debug)]
pub(crate) enum Refusal {
    /// The token opens no application. The same for every wrong one: the answer tells nobody whether they are close.
    NoSuchLink,
    NotFound,
    MethodNotAllowed,
    Ledger(LedgerError),
    Template(minijinja::Error),
}

impl Refusal {
    pub(crate) const fn status(&self) -> StatusCode {
        match self {
            Self::NoSuchLink | Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Ledger(LedgerError::Unavailable(_)) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Ledger(LedgerError::Refused(_) | LedgerError::Unreadable { .. }) | Self::Template(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// A headline, and what to do.
    pub(crate) const fn words(&self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::NoSuchLink => (
                "This link does not open an application",
                &[
                    "Part of it may be missing: some mail programs break long links in two. Please open the link in our email once more, \
                     or copy it whole into the address bar.",
                    "If that does not help, look for a newer email from us and use the link in there, or simply reply to it. A person will \
                     help you.",
                ],
            ),
            Self::NotFound => ("There is no such page", &["Please check the address, or go back to where you came from."]),
            Self::MethodNotAllowed => ("This page can only be read", &["Nothing was changed. Please open its address in a browser."]),
            Self::Ledger(LedgerError::Unavailable(_)) => {
                ("We cannot show this page right now", &["Nothing is lost. Please try again in a minute."])
            }
            Self::Ledger(LedgerError::Refused(_) | LedgerError::Unreadable { .. }) | Self::Template(_) => (
                "We cannot show this page",
                &[
                    "Nothing is lost, and the fault is ours, not yours. Please try again later, or reply to one of our emails. A person will help you.",
                ],
            ),
        }
    }
}
