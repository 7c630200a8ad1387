//! A problem as it is written.

use chrono::NaiveDate;
use hearback_domain::ids::ApplicationId;
use serde::Serialize;
use utoipa::ToSchema;

use super::Problem;
use crate::{
    contract,
    fields::{FieldCode, FieldError},
    schema,
};

/// Why a request was not answered as it was meant to (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem, example = json!({
    "type": "/problems/invalid_body", "title": "Something in the body must be changed", "status": 422,
    "detail": "email has an address literal after the @; give a domain name such as example.com",
    "errors": [{
        "pointer": "/email", "code": "address_literal",
        "detail": "has an address literal after the @; give a domain name such as example.com",
    }],
    "request_id": "req_06dkv8y2t5w1r3n9q7c4h0m8zg",
}))]
pub(crate) struct ProblemBody {
    /// Names the kind of problem, relative to the server's address, and never changes.
    #[schema(value_type = schema::ProblemType)]
    r#type: String,
    /// The same for every problem of this kind.
    title: &'static str,
    /// The status of the response.
    status: u16,
    /// What is wrong this time, and what to do.
    detail: String,
    /// What is wrong with each field.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    errors: Option<Vec<Invalid>>,
    /// What can be done to the application, or to the message, now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<schema::Verb>>, nullable = false)]
    possible: Option<Vec<&'static str>>,
    /// The application to act on instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::ApplicationId>, nullable = false)]
    application: Option<ApplicationId>,
    /// The last day on which a law wants the data to be there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    kept_until: Option<NaiveDate>,
    /// Names this request in the server's log; the same as the header `X-Request-Id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 128)]
    request_id: Option<String>,
}

/// What is wrong with one field.
#[derive(Serialize, ToSchema)]
#[schema(as = FieldProblem)]
pub(crate) struct Invalid {
    /// Where it is in the body (RFC 6901).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = JsonPointer)]
    pointer: Option<String>,
    /// Its name in the query.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    parameter: Option<String>,
    code: FieldCode,
    /// To be read after the field's name.
    detail: String,
}

impl ProblemBody {
    pub(super) fn of(problem: &Problem) -> Self {
        let code = problem.code();
        let errors = match problem {
            Problem::InvalidBody(fields) => Some(fields.errors().iter().map(Invalid::in_body).collect()),
            Problem::InvalidQuery(fields) => Some(fields.errors().iter().map(Invalid::in_query).collect()),
            _ => None,
        };
        let application = match problem {
            Problem::CarriedBy(other) | Problem::AppliedAgain(other) => Some(*other),
            _ => None,
        };
        let kept_until = match problem {
            Problem::KeptByLaw(_, until) => Some(*until),
            _ => None,
        };
        Self {
            r#type: code.uri(),
            title: code.title(),
            status: code.status().as_u16(),
            detail: problem.detail(),
            errors,
            possible: problem.possible(),
            application,
            kept_until,
            request_id: contract::request_id(),
        }
    }
}

impl Invalid {
    fn in_body(error: &FieldError) -> Self {
        Self { pointer: Some(error.pointer()), parameter: None, code: error.code, detail: error.detail.clone() }
    }

    fn in_query(error: &FieldError) -> Self {
        Self { pointer: None, parameter: Some(error.field.clone()), code: error.code, detail: error.detail.clone() }
    }
}
