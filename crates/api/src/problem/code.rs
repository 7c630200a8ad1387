//! The kinds of problems, each with what is always the same about it.

use actix_web::http::StatusCode;

/// A kind of problem. The word is the last part of its `type`: a variant may be added, a word never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    MalformedJson,
    MalformedBody,
    InvalidHeader,
    InvalidQuery,
    Unauthenticated,
    Forbidden,
    OriginNotAllowed,
    NotFound,
    MethodNotAllowed,
    NotPossible,
    MessageNotPossible,
    CarriedByAnother,
    AppliedAgain,
    Erased,
    KeptByLaw,
    ConfirmationRequired,
    ConfirmationOutdated,
    OperationNotPossible,
    ExternalIdTaken,
    RequestInProgress,
    AnswerLost,
    JobClosed,
    PreconditionFailed,
    BodyTooLarge,
    UnsupportedMediaType,
    InvalidBody,
    IdempotencyKeyReused,
    PreconditionRequired,
    TooManyRequests,
    Internal,
    Unavailable,
}

/// The word, the status and the title of a kind.
struct About(&'static str, StatusCode, &'static str);

impl Code {
    pub(crate) const ALL: &'static [Self] = &[
        Self::MalformedJson,
        Self::MalformedBody,
        Self::InvalidHeader,
        Self::InvalidQuery,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::OriginNotAllowed,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::NotPossible,
        Self::MessageNotPossible,
        Self::CarriedByAnother,
        Self::AppliedAgain,
        Self::Erased,
        Self::KeptByLaw,
        Self::ConfirmationRequired,
        Self::ConfirmationOutdated,
        Self::OperationNotPossible,
        Self::ExternalIdTaken,
        Self::RequestInProgress,
        Self::AnswerLost,
        Self::JobClosed,
        Self::PreconditionFailed,
        Self::BodyTooLarge,
        Self::UnsupportedMediaType,
        Self::InvalidBody,
        Self::IdempotencyKeyReused,
        Self::PreconditionRequired,
        Self::TooManyRequests,
        Self::Internal,
        Self::Unavailable,
    ];

    /// The `type` of its problems, relative to the server's address.
    pub(crate) fn uri(self) -> String {
        format!("/problems/{}", self.as_str())
    }

    pub(crate) const fn as_str(self) -> &'static str {
        self.about().0
    }

    pub(crate) const fn status(self) -> StatusCode {
        self.about().1
    }

    pub(crate) const fn title(self) -> &'static str {
        self.about().2
    }

    const fn about(self) -> About {
        match self {
            Self::MalformedJson => About("malformed_json", StatusCode::BAD_REQUEST, "The body is not well-formed JSON"),
            Self::MalformedBody => About("malformed_body", StatusCode::BAD_REQUEST, "The body did not arrive whole"),
            Self::InvalidHeader => About("invalid_header", StatusCode::BAD_REQUEST, "A header cannot be understood"),
            Self::InvalidQuery => About("invalid_query", StatusCode::BAD_REQUEST, "A parameter of the query cannot be understood"),
            Self::Unauthenticated => About("unauthenticated", StatusCode::UNAUTHORIZED, "A valid key is needed"),
            Self::Forbidden => About("forbidden", StatusCode::FORBIDDEN, "The key does not allow this"),
            Self::NotFound => About("not_found", StatusCode::NOT_FOUND, "There is no such thing"),
            Self::MethodNotAllowed => About("method_not_allowed", StatusCode::METHOD_NOT_ALLOWED, "The path does not take this method"),
            Self::NotPossible => About("not_possible", StatusCode::CONFLICT, "The application does not allow this now"),
            Self::MessageNotPossible => About("message_not_possible", StatusCode::CONFLICT, "The message does not allow this now"),
            Self::CarriedByAnother => About("carried_by_another", StatusCode::CONFLICT, "Another application carries this one"),
            Self::AppliedAgain => About("applied_again", StatusCode::CONFLICT, "The applicant has applied for the job again"),
            Self::Erased => About("erased", StatusCode::CONFLICT, "The applicant's data was erased"),
            Self::KeptByLaw => About("kept_by_law", StatusCode::CONFLICT, "A law wants it to be kept longer"),
            Self::ConfirmationRequired => {
                About("confirmation_required", StatusCode::CONFLICT, "So many people are written to only after a dry run")
            }
            Self::ConfirmationOutdated => About("confirmation_outdated", StatusCode::CONFLICT, "The confirmation is not for this"),
            Self::OperationNotPossible => About("operation_not_possible", StatusCode::CONFLICT, "The operation does not allow this now"),
            Self::ExternalIdTaken => About("external_id_taken", StatusCode::CONFLICT, "The external id is already in use"),
            Self::JobClosed => About("job_closed", StatusCode::GONE, "The job no longer takes applications"),
            Self::BodyTooLarge => About("body_too_large", StatusCode::PAYLOAD_TOO_LARGE, "The body is too large"),
            Self::UnsupportedMediaType => {
                About("unsupported_media_type", StatusCode::UNSUPPORTED_MEDIA_TYPE, "The body has a type that is not taken here")
            }
            Self::InvalidBody => About("invalid_body", StatusCode::UNPROCESSABLE_ENTITY, "Something in the body must be changed"),
            Self::IdempotencyKeyReused => {
                About("idempotency_key_reused", StatusCode::UNPROCESSABLE_ENTITY, "The Idempotency-Key was used for something else")
            }
            Self::OriginNotAllowed => About("origin_not_allowed", StatusCode::FORBIDDEN, "The key may not be used from this page"),
            Self::RequestInProgress => {
                About("request_in_progress", StatusCode::CONFLICT, "The same request is being answered at this moment")
            }
            Self::AnswerLost => About("answer_lost", StatusCode::CONFLICT, "The request was carried out, and its answer was lost"),
            Self::PreconditionFailed => {
                About("precondition_failed", StatusCode::PRECONDITION_FAILED, "The record has changed since it was read")
            }
            Self::PreconditionRequired => {
                About("precondition_required", StatusCode::PRECONDITION_REQUIRED, "Say which version is to be changed")
            }
            Self::TooManyRequests => About("too_many_requests", StatusCode::TOO_MANY_REQUESTS, "Too many requests with this key"),
            Self::Internal => About("internal", StatusCode::INTERNAL_SERVER_ERROR, "Something is wrong on our side"),
            Self::Unavailable => About("unavailable", StatusCode::SERVICE_UNAVAILABLE, "Nothing can be put on record right now"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_kind_has_a_word_of_its_own_and_an_error_status() {
        let words: HashSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(words.len(), Code::ALL.len());
        assert!(Code::ALL.iter().all(|code| code.status().is_client_error() || code.status().is_server_error()));
        assert!(Code::ALL.iter().enumerate().all(|(at, code)| *code as usize == at), "`ALL` has every variant, in order");
        assert_eq!(Code::Unavailable as usize + 1, Code::ALL.len());
    }
}
