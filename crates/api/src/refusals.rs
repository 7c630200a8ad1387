//! The problems that each sort of operation can answer with, as the document lists them.

use std::collections::BTreeMap;

use utoipa::{
    IntoResponses, ToSchema,
    openapi::{ContentBuilder, HeaderBuilder, ObjectBuilder, Ref, RefOr, Response, ResponseBuilder, Type},
};

use crate::problem::{CONTENT_TYPE, Code, ProblemBody};

/// Every operation needs a key and the database.
const ALWAYS: &[Code] = &[Code::Unauthenticated, Code::InvalidHeader, Code::Internal, Code::Unavailable];

/// A secret key's requests are counted; an application that comes in is not.
const STAFF: &[Code] = &[Code::Forbidden, Code::TooManyRequests];

/// Whatever changes something may be sent again.
const AGAIN: &[Code] = &[Code::IdempotencyKeyReused, Code::RequestInProgress, Code::AnswerLost];

/// Whoever changes something may say which state of it they have seen.
const SEEN: &[Code] = &[Code::PreconditionFailed];

/// Whoever replaces all of something has to.
const SEEN_FIRST: &[Code] = &[Code::PreconditionFailed, Code::PreconditionRequired];

/// What is wrong with a body in general.
const BODY: &[Code] = &[Code::MalformedJson, Code::MalformedBody, Code::BodyTooLarge, Code::UnsupportedMediaType, Code::InvalidBody];

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident: $($codes:expr),+;)+) => {$(
        $(#[$doc])*
        pub(crate) struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                responses(&[ALWAYS, $($codes),+].concat())
            }
        }
    )+};
}

refusals! {
    /// Of a list.
    Listing: STAFF, &[Code::InvalidQuery, Code::NotFound];
    /// Of everything that happened.
    Feeding: STAFF, &[Code::InvalidQuery];
    /// Of one thing.
    Showing: STAFF, &[Code::NotFound];
    /// Of putting a board or a job on record.
    Creating: BODY, STAFF, AGAIN, &[Code::ExternalIdTaken];
    /// Of replacing a board or a job.
    Setting: BODY, STAFF, SEEN_FIRST, &[Code::NotFound, Code::ExternalIdTaken];
    /// Of making or changing one by the caller's own id.
    Putting: BODY, STAFF, SEEN, &[Code::NotFound, Code::ExternalIdTaken];
    /// The same of an application.
    PuttingApplication: BODY, STAFF, SEEN, &[Code::NotFound, Code::JobClosed, Code::CarriedByAnother, Code::AppliedAgain, Code::ExternalIdTaken];
    /// Of what is done to one thing that is not an application.
    Acting: BODY, STAFF, AGAIN, &[Code::NotFound];
    /// Of what a board or a job promises.
    SettingPolicy: BODY, STAFF, SEEN_FIRST, &[Code::NotFound];
    /// Of an application that comes in, which every key may submit.
    Submitting: BODY, &[Code::Forbidden, Code::OriginNotAllowed, Code::NotFound, Code::JobClosed, Code::IdempotencyKeyReused];
    /// Of what is done to one without saying more.
    Poking: STAFF, AGAIN, &[Code::NotFound];
    /// Of putting a webhook endpoint on record.
    CreatingEndpoint: BODY, STAFF, AGAIN;
    /// Of what is done to one.
    ChangingEndpoint: BODY, STAFF, SEEN_FIRST, &[Code::NotFound];
    /// Of deleting one.
    Deleting: STAFF, SEEN, &[Code::NotFound];
    /// Of a new secret for one.
    Rotating: STAFF, AGAIN, SEEN, &[Code::NotFound];
    /// Of the outbox as a whole.
    Seeing: STAFF;
    /// The same, to be changed.
    Pausing: BODY, STAFF, AGAIN;
    /// Of what is done to a message.
    ChangingMessage: BODY, STAFF, AGAIN, SEEN, &[Code::NotFound, Code::MessageNotPossible];
    /// Of something done to many applications.
    Operating: BODY, STAFF, AGAIN, &[Code::NotFound, Code::ConfirmationRequired, Code::ConfirmationOutdated, Code::OperationNotPossible];
    /// Of closing a job.
    ClosingJob: BODY, STAFF, AGAIN, SEEN, &[Code::NotFound, Code::ConfirmationRequired, Code::ConfirmationOutdated, Code::OperationNotPossible];
    /// Of opening it again.
    Reopening: STAFF, AGAIN, SEEN, &[Code::NotFound, Code::OperationNotPossible];
    /// Of its dry run.
    Trying: BODY, STAFF, AGAIN, &[Code::InvalidQuery, Code::NotFound];
    /// Of bringing applications from another system.
    Importing: BODY, STAFF, AGAIN, &[Code::ConfirmationRequired, Code::ConfirmationOutdated];
    /// Of its dry run.
    TryingImport: BODY, STAFF, AGAIN;
    /// Of stopping it, and of taking it back.
    Controlling: STAFF, AGAIN, &[Code::NotFound, Code::OperationNotPossible];
    /// Of a mail that comes in.
    Receiving: BODY, STAFF, AGAIN, &[Code::InvalidQuery];
    /// Of a verb.
    Changing:
        BODY,
        STAFF,
        AGAIN,
        SEEN,
        &[Code::NotFound, Code::NotPossible, Code::CarriedByAnother, Code::AppliedAgain, Code::Erased];
    /// Of erasing an applicant's data.
    Erasing: BODY, STAFF, AGAIN, &[Code::NotFound, Code::KeptByLaw];
}

/// One response per status, whose description names the kinds of problems that share it.
fn responses(codes: &[Code]) -> BTreeMap<String, RefOr<Response>> {
    let mut by_status: BTreeMap<String, Vec<Code>> = BTreeMap::new();
    for code in codes {
        by_status.entry(code.status().as_str().to_owned()).or_default().push(*code);
    }
    by_status.into_iter().map(|(status, codes)| (status, RefOr::T(response(&codes)))).collect()
}

fn response(codes: &[Code]) -> Response {
    let kinds: Vec<String> = codes.iter().map(|code| format!("{} (`{}`).", code.title(), code.as_str())).collect();
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(ProblemBody::name()))).build();
    let response = ResponseBuilder::new().description(kinds.join(" ")).content(CONTENT_TYPE, content);
    let header =
        |about: &str| HeaderBuilder::new().schema(Some(ObjectBuilder::new().schema_type(Type::String))).description(Some(about)).build();
    match codes {
        [Code::Unauthenticated] => response.header("WWW-Authenticate", header("How to send a key (RFC 6750).")).build(),
        [Code::Unavailable | Code::TooManyRequests] => {
            response.header("Retry-After", header("Seconds to wait before the next try.")).build()
        }
        codes if codes.contains(&Code::RequestInProgress) => {
            response.header("Retry-After", header("Of `request_in_progress`: seconds to wait before the next try.")).build()
        }
        _ => response.build(),
    }
}
