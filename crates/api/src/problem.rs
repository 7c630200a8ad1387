//! Everything that a caller can be told instead of an answer (RFC 9457).

mod body;
mod code;
mod meaning;
mod page;
mod refused;

use std::fmt;

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
};
pub(crate) use body::{Invalid, ProblemBody};
use chrono::NaiveDate;
pub(crate) use code::Code;
use hearback_domain::{
    application::Status, bulk::OperationState, confirmation::NotConfirmed, ids::ApplicationId, law::Law, notification::OutboxRefusal,
    promise::Verb, scope::Scope,
};
use hearback_ledger::LedgerError;
pub(crate) use page::{ProblemPages, index, show};

use crate::fields::Fields;

pub(crate) const CONTENT_TYPE: &str = "application/problem+json";

/// In seconds. A database that is away is mostly one that is being restarted, and files that are on their way arrive.
const RETRY_AFTER: &str = "5";

#[derive(Debug)]
pub(crate) enum Problem {
    MalformedJson(serde_json::Error),
    MalformedBody,
    InvalidHeader {
        name: &'static str,
        expected: &'static str,
    },
    InvalidQuery(Fields),
    /// No key, or one that is not valid.
    Unauthenticated {
        given: bool,
    },
    Forbidden(&'static str),
    /// The key is good, and its scopes are not enough.
    OutOfScope {
        needed: Scope,
    },
    /// The page that uses the key is not on the key's list.
    OriginNotAllowed,
    NotFound(Missing),
    MethodNotAllowed {
        allowed: &'static str,
    },
    NotPossible {
        status: Status,
        possible: &'static [Verb],
    },
    MessageNotPossible(OutboxRefusal),
    CarriedBy(ApplicationId),
    AppliedAgain(ApplicationId),
    Erased,
    /// Until the end of that day.
    KeptByLaw(Law, NaiveDate),
    ConfirmationRequired {
        people: u32,
        cap: u32,
    },
    ConfirmationOutdated(NotConfirmed),
    OperationNotPossible {
        state: OperationState,
        undoing: bool,
    },
    ExternalIdTaken,
    JobClosed,
    BodyTooLarge {
        most: usize,
    },
    UnsupportedMediaType,
    /// Too many files are on their way at this moment.
    Busy,
    InvalidBody(Fields),
    IdempotencyKeyReused,
    /// By another process, or another connection of the same caller.
    RequestInProgress,
    /// A process was killed after it did what was asked, and before it kept the answer.
    AnswerLost,
    PreconditionFailed,
    PreconditionRequired,
    TooManyRequests {
        /// In seconds.
        retry_after: u64,
    },
    /// Its cause is logged and told to nobody.
    Ledger(LedgerError),
}

/// What is not there, or not for this key: nobody can tell the two apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    Path,
    Board,
    Job,
    Application,
    Erasure,
    Attachment,
    Message,
    WebhookEndpoint,
    WebhookDelivery,
    Operation,
    Key,
}

impl Problem {
    pub(crate) const fn code(&self) -> Code {
        match self {
            Self::MalformedJson(_) => Code::MalformedJson,
            Self::MalformedBody => Code::MalformedBody,
            Self::InvalidHeader { .. } => Code::InvalidHeader,
            Self::InvalidQuery(_) => Code::InvalidQuery,
            Self::Unauthenticated { .. } => Code::Unauthenticated,
            Self::Forbidden(_) | Self::OutOfScope { .. } => Code::Forbidden,
            Self::OriginNotAllowed => Code::OriginNotAllowed,
            Self::NotFound(_) => Code::NotFound,
            Self::MethodNotAllowed { .. } => Code::MethodNotAllowed,
            Self::NotPossible { .. } => Code::NotPossible,
            Self::MessageNotPossible(_) => Code::MessageNotPossible,
            Self::CarriedBy(_) => Code::CarriedByAnother,
            Self::AppliedAgain(_) => Code::AppliedAgain,
            Self::Erased => Code::Erased,
            Self::KeptByLaw(..) => Code::KeptByLaw,
            Self::ConfirmationRequired { .. } => Code::ConfirmationRequired,
            Self::ConfirmationOutdated(_) => Code::ConfirmationOutdated,
            Self::OperationNotPossible { .. } => Code::OperationNotPossible,
            Self::ExternalIdTaken => Code::ExternalIdTaken,
            Self::JobClosed => Code::JobClosed,
            Self::BodyTooLarge { .. } => Code::BodyTooLarge,
            Self::UnsupportedMediaType => Code::UnsupportedMediaType,
            Self::InvalidBody(_) => Code::InvalidBody,
            Self::IdempotencyKeyReused => Code::IdempotencyKeyReused,
            Self::RequestInProgress => Code::RequestInProgress,
            Self::AnswerLost => Code::AnswerLost,
            Self::PreconditionFailed | Self::Ledger(LedgerError::Changed) => Code::PreconditionFailed,
            Self::PreconditionRequired => Code::PreconditionRequired,
            Self::TooManyRequests { .. } => Code::TooManyRequests,
            Self::Busy | Self::Ledger(LedgerError::Unavailable(_)) => Code::Unavailable,
            Self::Ledger(LedgerError::Refused(_) | LedgerError::Unreadable { .. }) => Code::Internal,
        }
    }

    /// What is wrong this time, and what the caller can do.
    pub(crate) fn detail(&self) -> String {
        match self {
            Self::MalformedJson(error) => error.to_string(),
            Self::MalformedBody => "The connection ended before the body did. Send the request again.".to_owned(),
            Self::InvalidHeader { name, expected } => format!("{name} must be {expected}."),
            Self::InvalidQuery(fields) | Self::InvalidBody(fields) => match fields.errors() {
                [only] => format!("{} {}", if only.field.is_empty() { "The body" } else { &only.field }, only.detail),
                errors => format!("{} fields must be changed; `errors` says how.", errors.len()),
            },
            Self::Unauthenticated { given: false } => "Send a key of this server as `Authorization: Bearer sk_…`.".to_owned(),
            Self::Unauthenticated { given: true } => "The key is not one of this server's, or was revoked.".to_owned(),
            Self::Forbidden(why) => (*why).to_owned(),
            Self::OutOfScope { needed } => format!("This needs a secret key with the scope `{needed}`."),
            Self::OriginNotAllowed => {
                "Pages of this origin are not on the key's list. Make a key for it: `hearback keys create --kind publishable --origin …`.".to_owned()
            }
            Self::NotFound(missing) => format!("There is no such {} here, or none that this key may see.", missing.name()),
            Self::MethodNotAllowed { allowed } => format!("This path takes {allowed}."),
            Self::NotPossible { status, possible: [] } => format!("The application is {status}, and nothing can be done to it any more."),
            Self::NotPossible { status, possible } => {
                let possible: Vec<&str> = possible.iter().map(|verb| verb.as_str()).collect();
                format!("The application is {status}. Possible now: {}.", possible.join(", "))
            }
            Self::MessageNotPossible(refusal) => format!("Nothing was changed; {refusal}."),
            Self::CarriedBy(first) => format!("It repeats {first}, which is active and carries its promises. Act on that one."),
            Self::AppliedAgain(active) => format!("{active} is active. Act on that one, or end it first."),
            Self::Erased => "The applicant's data was erased. What remains only says that there was an application.".to_owned(),
            Self::KeptByLaw(law, until) => {
                format!("{law} wants what the applicant was told to be kept until {until}. Ask again on the day after. Nothing was changed.")
            }
            Self::ConfirmationRequired { people, cap } => format!(
                "{people} people would be written to, and from {} on somebody has to look first: send the same to the dry run, and its \
                 `confirmation` with this. Nothing was changed.",
                cap + 1
            ),
            Self::ConfirmationOutdated(why) => format!("Nothing was changed: {why}. Look at the dry run again."),
            Self::OperationNotPossible { state: _, undoing: true } => "It is being taken back, or was.".to_owned(),
            Self::OperationNotPossible { state, undoing: false } => format!("The operation is {state}."),
            Self::ExternalIdTaken => "Something else on record has this `external_id`.".to_owned(),
            Self::JobClosed => "The job is closed. Nothing was put on record, and nobody was written to.".to_owned(),
            Self::BodyTooLarge { most } => format!("A body may have at most {most} bytes."),
            Self::Busy => "Too many files are being received at this moment. Send the request again.".to_owned(),
            Self::UnsupportedMediaType => {
                "Send `Content-Type: application/json`; applications may also come as application/x-www-form-urlencoded or multipart/form-data.".to_owned()
            }
            Self::IdempotencyKeyReused => "Something else was sent with this key. Use a new key for a new request.".to_owned(),
            Self::RequestInProgress => "Send the request again, with the same Idempotency-Key, in a moment.".to_owned(),
            Self::AnswerLost => "Nothing has to be sent again. Read what the request was about to see how it stands.".to_owned(),
            Self::PreconditionFailed | Self::Ledger(LedgerError::Changed) => "Read it again, and send the `ETag` of what you have then as `If-Match`.".to_owned(),
            Self::PreconditionRequired => "Read it, and send its `ETag` as `If-Match`, so that nobody's change is lost.".to_owned(),
            Self::TooManyRequests { retry_after } => format!("Send the request again in {retry_after} s."),
            Self::Ledger(LedgerError::Unavailable(_)) => {
                "Send the request again; with an Idempotency-Key, an application is put on record once however often it is sent.".to_owned()
            }
            Self::Ledger(LedgerError::Refused(_) | LedgerError::Unreadable { .. }) => {
                "The request was fine. Whoever runs this server finds the cause in its log.".to_owned()
            }
        }
    }

    /// The verbs that would make sense instead.
    fn possible(&self) -> Option<Vec<&'static str>> {
        let words = |verbs: &[Verb]| verbs.iter().map(|verb| verb.as_str()).collect();
        match self {
            Self::NotPossible { possible, .. } => Some(words(possible)),
            Self::MessageNotPossible(refusal) => Some(refusal.possible().iter().map(|verb| verb.as_str()).collect()),
            // A withdrawal always succeeds.
            Self::CarriedBy(_) | Self::AppliedAgain(_) => Some(words(&[Verb::Withdraw])),
            _ => None,
        }
    }

    /// Says in the log what the caller is not told. Once: where the answer is made.
    pub(crate) fn log(&self) {
        match self {
            Self::Ledger(error @ LedgerError::Unavailable(_)) => tracing::warn!(%error, "a request cannot be answered now"),
            Self::Ledger(error @ (LedgerError::Refused(_) | LedgerError::Unreadable { .. })) => {
                tracing::error!(%error, "a request cannot be answered");
            }
            _ => {}
        }
    }
}

impl Missing {
    const fn name(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Board => "board",
            Self::Job => "job",
            Self::Application => "application",
            Self::Erasure => "erasure",
            Self::Attachment => "attachment",
            Self::Message => "message",
            Self::WebhookEndpoint => "webhook endpoint",
            Self::WebhookDelivery => "webhook delivery",
            Self::Operation => "operation",
            Self::Key => "key",
        }
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.code().status()
    }

    fn error_response(&self) -> HttpResponse {
        self.log();
        let mut response = HttpResponse::build(self.status_code());
        response.content_type(CONTENT_TYPE).insert_header((header::CACHE_CONTROL, "no-store"));
        match self {
            Self::Unauthenticated { given } => {
                let challenge = if *given { "Bearer realm=\"hearback\", error=\"invalid_token\"" } else { "Bearer realm=\"hearback\"" };
                response.insert_header((header::WWW_AUTHENTICATE, challenge));
            }
            Self::MethodNotAllowed { allowed } => {
                response.insert_header((header::ALLOW, *allowed));
            }
            Self::Busy | Self::Ledger(LedgerError::Unavailable(_)) => {
                response.insert_header((header::RETRY_AFTER, RETRY_AFTER));
            }
            Self::RequestInProgress => {
                response.insert_header((header::RETRY_AFTER, "1"));
            }
            Self::TooManyRequests { retry_after } => {
                response.insert_header((header::RETRY_AFTER, *retry_after));
            }
            _ => {}
        }
        response.body(serde_json::to_string(&ProblemBody::of(self)).expect("texts and numbers can be written as JSON"))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code().title())
    }
}
