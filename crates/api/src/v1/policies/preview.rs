//! `POST /v1/boards/{id}/policy/preview`, `POST /v1/jobs/{id}/policy/preview`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use hearback_domain::{ids::ApplicationId, policy::Overrides};
use hearback_ledger::{Page, PolicyPreview, PolicyPreviewed, WhosePolicy};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use validator::Validate;

use super::{
    given::{Policy, read},
    refused,
};
use crate::{
    auth::Recruiter,
    body::{Body, Request},
    fields::{Fields, OutOfRange},
    problem::Problem,
    refusals::Acting,
    schema,
    server::Server,
};

/// Applications looked at for one answer.
const MOST: u64 = 500;

/// A policy to be tried out, and on which part of the applications.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(as = PreviewPolicy, example = json!({ "policy": { "update_every": "7 days" } }))]
pub(crate) struct Preview {
    #[schema(value_type = Policy)]
    policy: Option<Map<String, Value>>,
    /// The `next_cursor` of the answer before.
    #[schema(value_type = Option<schema::ApplicationId>)]
    cursor: Option<String>,
    /// How many applications to look at: 1 to 500, which is the default.
    #[schema(minimum = 1, maximum = 500)]
    limit: Option<u64>,
}

impl Request for Preview {
    type Meaning = (Overrides, Page<ApplicationId>);

    fn read(self, fields: &mut Fields) -> Option<(Overrides, Page<ApplicationId>)> {
        let Self { policy, cursor, limit } = self;
        let policy = fields.given("policy", policy).and_then(|policy| read(policy, &["policy"], fields));
        let after = fields.optional("cursor", cursor, str::parse);
        let limit = limit.unwrap_or(MOST);
        if !(1..=MOST).contains(&limit) {
            fields.refuse_for("limit", &OutOfRange(1, MOST));
        }
        Some((policy?, Page { after: after?, limit }))
    }
}

/// Those whose promises would change.
#[derive(Serialize, ToSchema)]
#[schema(as = PolicyPreview)]
pub(crate) struct Previewed {
    items: Vec<Item>,
    /// How many applications were looked at for it.
    examined: usize,
    /// Asks for the next part, as `cursor`; `null` in the last one.
    #[schema(required, value_type = Option<schema::ApplicationId>)]
    next_cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = PolicyPreviewItem)]
pub(crate) struct Item {
    #[schema(value_type = schema::ApplicationId)]
    application_id: String,
    /// For people to read.
    changes: Vec<String>,
}

/// See what a board's policy would change
///
/// A dry run, person by person: nothing is written.
#[utoipa::path(
    post,
    path = "/v1/boards/{id}/policy/preview",
    operation_id = "previewBoardPolicy",
    tag = "boards",
    security(("secret_key" = [])),
    params(("id" = schema::BoardId, Path, description = "The board's id.")),
    request_body = Preview,
    responses((status = 200, description = "What would change.", body = Previewed), Acting),
)]
pub(crate) async fn of_board(
    server: Data<Server>,
    recruiter: Recruiter,
    request: HttpRequest,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let whose = super::board(&server, &recruiter, &request).await?;
    preview(&server, whose, body).await
}

/// See what a job's policy would change
///
/// A dry run, person by person: nothing is written.
#[utoipa::path(
    post,
    path = "/v1/jobs/{id}/policy/preview",
    operation_id = "previewJobPolicy",
    tag = "jobs",
    security(("secret_key" = [])),
    params(("id" = schema::JobId, Path, description = "The job's id.")),
    request_body = Preview,
    responses((status = 200, description = "What would change.", body = Previewed), Acting),
)]
pub(crate) async fn of_job(server: Data<Server>, recruiter: Recruiter, request: HttpRequest, body: Body) -> Result<HttpResponse, Problem> {
    let whose = super::job(&server, &recruiter, &request).await?;
    preview(&server, whose, body).await
}

async fn preview(server: &Server, whose: WhosePolicy, body: Body) -> Result<HttpResponse, Problem> {
    let (policy, page) = body.json::<Preview>()?;
    let preview = server.ledger.preview_policy(whose, &policy, page).await.map_err(|error| refused(error, whose, &["policy"]))?;
    let PolicyPreview { items, examined, next } = preview;
    let item = |PolicyPreviewed { application, changes }| Item {
        application_id: application.to_string(),
        changes: changes.iter().map(ToString::to_string).collect(),
    };
    let items = items.into_iter().map(item).collect();
    Ok(HttpResponse::Ok().json(Previewed { items, examined, next_cursor: next.map(|next| next.to_string()) }))
}
