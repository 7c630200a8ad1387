//! Why a value is not what a field needs, and the word for it that programs can rely on.

use std::fmt::Display;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use hearback_domain::{
    EmailAddress, UnknownWord, email_address::InvalidEmailAddress, ids::InvalidId, locale::InvalidLanguage, one_line::InvalidLine,
    origin::InvalidOrigin, promise::WrongDate, webhook::InvalidEndpointUrl,
};
use hearback_ledger::InvalidCursor;
use serde::Serialize;
use utoipa::ToSchema;

/// What is wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FieldCode {
    /// It is missing, or `null`.
    Required,
    /// There is no field of this name.
    Unknown,
    WrongType,
    /// Nothing, or white space only.
    Empty,
    TooLong,
    /// Control characters, or such as are not seen or change how their neighbours are seen.
    HiddenCharacter,
    InvalidAddress,
    /// An address at a bare IP address: `ada@[192.0.2.1]`.
    AddressLiteral,
    /// An address where nobody reads answers.
    NobodyReadsIt,
    /// Not one of the words that are possible here.
    UnknownWord,
    InvalidTimeZone,
    InvalidLanguage,
    InvalidTime,
    /// Not what a browser calls the origin of a page.
    InvalidOrigin,
    InvalidId,
    /// Not a URL that can be sent to.
    InvalidUrl,
    OutOfRange,
    /// It makes no sense together with another field.
    Contradictory,
    /// A file that is none of the kinds that are taken.
    UnsupportedFile,
    TooMany,
    /// What it names does not exist.
    NotFound,
}

pub(crate) trait Reason: Display {
    fn code(&self) -> FieldCode;
}

#[derive(Debug, thiserror::Error)]
#[error("must be a time zone of the IANA database, such as Europe/Berlin")]
pub(crate) struct InvalidTimeZone;

#[derive(Debug, thiserror::Error)]
#[error("must be a time with its offset (RFC 3339), such as 2026-11-23T09:00:00Z")]
pub(crate) struct InvalidTime;

#[derive(Debug, thiserror::Error)]
#[error("must be a number from {0} to {1}")]
pub(crate) struct OutOfRange(pub(crate) u64, pub(crate) u64);

#[derive(Debug, thiserror::Error)]
#[error("there is no such board")]
pub(crate) struct NoSuchBoard;

#[derive(Debug, thiserror::Error)]
#[error("says something about a message, and with an exemption none goes out")]
pub(crate) struct WithExemption;

#[derive(Debug, thiserror::Error)]
pub(crate) enum InvalidReplyAddress {
    #[error(transparent)]
    Address(#[from] InvalidEmailAddress),
    #[error("must reach a person: applicants can answer every message")]
    NobodyReadsIt,
}

pub(crate) fn time_zone(text: &str) -> Result<Tz, InvalidTimeZone> {
    text.parse().map_err(|_| InvalidTimeZone)
}

pub(crate) fn time(text: &str) -> Result<DateTime<Utc>, InvalidTime> {
    DateTime::parse_from_rfc3339(text).map(|time| time.to_utc()).map_err(|_| InvalidTime)
}

pub(crate) fn reply_address(text: &str) -> Result<EmailAddress, InvalidReplyAddress> {
    let address: EmailAddress = text.parse()?;
    if address.is_read_by_nobody() { Err(InvalidReplyAddress::NobodyReadsIt) } else { Ok(address) }
}

impl Reason for InvalidLine {
    fn code(&self) -> FieldCode {
        match self {
            Self::Empty => FieldCode::Empty,
            Self::TooLong(_) => FieldCode::TooLong,
            Self::HiddenCharacter => FieldCode::HiddenCharacter,
        }
    }
}

impl Reason for InvalidEmailAddress {
    fn code(&self) -> FieldCode {
        match self {
            Self::TooLong => FieldCode::TooLong,
            Self::HiddenCharacter => FieldCode::HiddenCharacter,
            Self::Literal => FieldCode::AddressLiteral,
            Self::NoAt | Self::LocalPart | Self::NoDot | Self::Domain => FieldCode::InvalidAddress,
        }
    }
}

impl Reason for InvalidReplyAddress {
    fn code(&self) -> FieldCode {
        match self {
            Self::Address(invalid) => invalid.code(),
            Self::NobodyReadsIt => FieldCode::NobodyReadsIt,
        }
    }
}

macro_rules! reasons {
    ($($reason:ty => $code:ident,)+) => {$(
        impl Reason for $reason {
            fn code(&self) -> FieldCode {
                FieldCode::$code
            }
        }
    )+};
}

reasons! {
    UnknownWord => UnknownWord,
    InvalidId => InvalidId,
    InvalidEndpointUrl => InvalidUrl,
    InvalidTimeZone => InvalidTimeZone,
    InvalidLanguage => InvalidLanguage,
    InvalidTime => InvalidTime,
    InvalidOrigin => InvalidOrigin,
    InvalidCursor => InvalidId,
    OutOfRange => OutOfRange,
    NoSuchBoard => NotFound,
    WrongDate => OutOfRange,
    WithExemption => Contradictory,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_must_reach_a_person() {
        for nobody in ["noreply@example.com", "No-Reply@example.com", "do_not_reply@example.com", "noreply@[192.0.2.1]"] {
            assert!(reply_address(nobody).is_err(), "{nobody}");
        }
        assert!(reply_address("replies@example.com").is_ok());
    }

    #[test]
    fn a_time_needs_its_offset() {
        assert_eq!(time("2026-11-23T10:00:00+01:00").unwrap().to_rfc3339(), "2026-11-23T09:00:00+00:00");
        for wrong in ["2026-11-23", "2026-11-23T09:00:00", "tomorrow", "1795424400"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }
}
