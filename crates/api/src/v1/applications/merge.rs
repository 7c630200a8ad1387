//! `POST /v1/applications/{id}/merge`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use hearback_domain::{
    ids::ApplicationId,
    promise::{
        Refusal,
        merge::{NotMerged, Repeats},
    },
};
use hearback_ledger::MergeError;
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use super::{Record, change};
use crate::{
    auth::Recruiter,
    body::{Body, Request},
    fields::{FieldCode, Fields},
    problem::{Missing, Problem},
    refusals::Changing,
    schema,
    server::Server,
};

/// Which application goes on for both.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "into": "app_06dkv8y2t5w1r3n9q7c4h0m8zg", "note": "Applied twice, with two addresses." }))]
pub(crate) struct Merge {
    /// The one that carries the promises of both from now on. It is for the same job or of the same address, and active.
    #[schema(value_type = schema::ApplicationId)]
    into: Option<String>,
    /// For the organisation's eyes only.
    #[validate(length(max = 5_000))]
    #[schema(max_length = 5_000)]
    note: Option<String>,
}

impl Request for Merge {
    type Meaning = (ApplicationId, Option<String>);

    fn read(self, fields: &mut Fields) -> Option<Self::Meaning> {
        let Self { into, note } = self;
        let into = fields.required("into", into, str::parse);
        let note = fields.paragraphs("note", note);
        Some((into?, note?))
    }
}

/// Merge a duplicate into another application
///
/// One person is told once: the other application carries the promises of both, and the earliest date that the person was told is kept. What
/// this one still owed is taken back, except for its acknowledgement. Its status page stays its own. Taken back by `unmerge`.
#[utoipa::path(
    post,
    path = "/v1/applications/{id}/merge",
    operation_id = "mergeApplication",
    tag = "applications",
    security(("secret_key" = [])),
    params(("id" = schema::ApplicationId, Path, description = "The duplicate's id.")),
    request_body = Merge,
    responses((status = 200, description = "The duplicate as it stands now.", body = Record), Changing),
)]
pub(crate) async fn merge(server: Data<Server>, recruiter: Recruiter, request: HttpRequest, body: Body) -> Result<HttpResponse, Problem> {
    let id = change::named(&server, &recruiter, &request).await?;
    let (into, note) = body.json::<Merge>()?;
    recruiter.application(&server, into).await.map_err(no_such_other)?;
    server.ledger.merge(id, into, note.as_deref(), &recruiter.actor).await?;
    change::shown(&server, id).await
}

fn no_such_other(problem: Problem) -> Problem {
    match problem {
        Problem::NotFound(_) => about_the_other(FieldCode::NotFound, "names no application that is here".to_owned()),
        other => other,
    }
}

fn about_the_other(code: FieldCode, detail: String) -> Problem {
    let mut fields = Fields::default();
    fields.refuse("into", code, detail);
    Problem::InvalidBody(fields)
}

impl From<MergeError> for Problem {
    fn from(error: MergeError) -> Self {
        match error {
            MergeError::NoSuchApplication(_) => Self::NotFound(Missing::Application),
            MergeError::NotMerged(why @ (NotMerged::Itself | NotMerged::Unrelated | NotMerged::OneIsATest)) => {
                about_the_other(FieldCode::Contradictory, format!("is not possible: {why}"))
            }
            MergeError::NotMerged(NotMerged::First(why)) => about_the_other(FieldCode::Contradictory, format!("is not possible: {why}")),
            MergeError::NotMerged(NotMerged::Duplicate(Refusal::CarriedBy(first))) => Self::CarriedBy(first),
            MergeError::NotMerged(NotMerged::Duplicate(Refusal::Status { status, possible })) => Self::NotPossible { status, possible },
            MergeError::NotMerged(NotMerged::Duplicate(why @ (Refusal::Date(_) | Refusal::Said { .. }))) => {
                about_the_other(FieldCode::Contradictory, why.to_string())
            }
            MergeError::Repeats(Repeats(first)) => Self::CarriedBy(first),
            MergeError::AppliedAgain(active) => Self::AppliedAgain(active),
            MergeError::Ledger(error) => Self::Ledger(error),
        }
    }
}
