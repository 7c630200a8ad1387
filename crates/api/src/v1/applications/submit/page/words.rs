//! What an applicant is told, who neither knows nor cares what an API is.

use crate::problem::Code;

pub(super) struct Words {
    pub(super) headline: &'static str,
    pub(super) paragraphs: &'static [&'static str],
    /// Whether sending the form once more can help.
    pub(super) again: bool,
}

pub(super) const fn words(code: Code) -> Words {
    match code {
        Code::InvalidBody => Words {
            headline: "Please look at this once more",
            paragraphs: &["Your application was not sent yet. What you typed is still here."],
            again: true,
        },
        Code::JobClosed => Words {
            headline: "This job no longer takes applications",
            paragraphs: &["It was closed before your application arrived, so nothing was stored. We are sorry that you took the trouble."],
            again: false,
        },
        Code::Unavailable | Code::MalformedBody => Words {
            headline: "Your application could not be stored just now",
            paragraphs: &["Please send it again in a minute. What you typed is still here."],
            again: true,
        },
        Code::Internal => Words {
            headline: "Your application could not be stored",
            paragraphs: &["The fault is ours, not yours. Please send it again later, or write to the organisation."],
            again: true,
        },
        Code::BodyTooLarge => Words {
            headline: "There is too much in this form",
            paragraphs: &["Your application was not sent. Please go back and shorten what you wrote."],
            again: false,
        },
        Code::NotFound => Words {
            headline: "There is no such job",
            paragraphs: &[
                "Your application was not sent. Please go back, and tell the organisation that the form on their page is out of date.",
            ],
            again: false,
        },
        Code::Unauthenticated
        | Code::Forbidden
        | Code::InvalidHeader
        | Code::InvalidQuery
        | Code::UnsupportedMediaType
        | Code::IdempotencyKeyReused
        | Code::MalformedJson
        | Code::MethodNotAllowed
        | Code::NotPossible
        | Code::MessageNotPossible
        | Code::CarriedByAnother
        | Code::AppliedAgain
        | Code::ExternalIdTaken
        | Code::OriginNotAllowed
        | Code::RequestInProgress
        | Code::AnswerLost
        | Code::PreconditionFailed
        | Code::PreconditionRequired
        | Code::TooManyRequests => Words {
            headline: "This form does not work",
            paragraphs: &[
                "Your application was not sent. The fault is in the page that you came from: please tell the organisation, or apply by mail.",
            ],
            again: false,
        },
    }
}
