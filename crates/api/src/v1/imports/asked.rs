//! Rows as they are given. One that is wrong is answered in its place, and mutes no other.

use hearback_domain::import::{Problem as RowProblem, Row, Written};
use hearback_ledger::Importing;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;
use validator::Validate;

use super::MOST;
use crate::{
    auth::Recruiter,
    body::Request,
    fields::{FieldCode, Fields},
    problem::Problem,
    schema,
    server::Server,
};

/// Applications of another system.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(as = NewImport)]
pub(crate) struct Asked {
    #[schema(value_type = Vec<ImportRow>, min_items = 1, max_items = 1_000)]
    rows: Option<Vec<Value>>,
    /// What the dry run gave, where many people are written to.
    #[validate(length(max = 200))]
    #[schema(max_length = 200)]
    confirmation: Option<String>,
}

/// One application of another system.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `hearback_domain::import::Written` reads")]
#[schema(example = json!({
    "external_id": "gh-4711", "job": "nurse-2026", "name": "Ada Okafor", "email": "ada@example.net", "applied_at": "2026-10-01T09:00:00Z",
    "stage": "review", "status": "active", "told": { "said": "update", "channel": "other_mail", "at": "2026-10-01T09:01:00Z" },
}))]
pub(crate) struct ImportRow {
    /// The other system's id. The same row again, for the same job, changes nothing.
    #[schema(max_length = 200)]
    external_id: String,
    /// The job's id, or your own id for it.
    #[schema(max_length = 200)]
    job: String,
    #[schema(max_length = 200)]
    name: String,
    #[schema(format = Email)]
    email: String,
    /// Without it, the board's.
    #[schema(value_type = Option<schema::Locale>)]
    locale: Option<String>,
    /// Not in the future.
    #[schema(format = DateTime)]
    applied_at: String,
    /// Without it, `received`.
    #[schema(value_type = Option<schema::Stage>)]
    stage: Option<String>,
    #[schema(value_type = schema::Status)]
    status: String,
    /// Of a rejection.
    #[schema(value_type = Option<schema::RejectionReason>)]
    reason: Option<String>,
    /// What the applicant was told there last. Who was told anything is not acknowledged again; who was told the outcome hears nothing more.
    told: Option<ToldThere>,
    /// Of an application that has ended: why its applicant gets no message about it.
    #[schema(max_length = 1_000)]
    exemption: Option<String>,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `hearback_domain::import::Told` reads")]
pub(crate) struct ToldThere {
    /// `outcome` of an application that has ended; else `update` or `no_decision`.
    #[schema(value_type = schema::Said)]
    said: String,
    #[schema(value_type = schema::Channel)]
    channel: String,
    /// Not in the future.
    #[schema(format = DateTime)]
    at: String,
}

pub(crate) struct Meant {
    rows: Vec<Value>,
    confirmation: Option<String>,
}

/// Rows, each with its place, or what is wrong with it.
pub(super) struct Read {
    pub(super) rows: Vec<Row>,
    /// All that were given, in their order.
    pub(super) given: Vec<Given>,
    pub(super) confirmation: Option<String>,
}

pub(super) struct Given {
    /// As far as it can be read.
    pub(super) external_id: Option<String>,
    /// Without any, it is the next of [`Read::rows`].
    pub(super) problems: Vec<RowProblem>,
}

impl Request for Asked {
    type Meaning = Meant;

    fn read(self, fields: &mut Fields) -> Option<Meant> {
        let Self { rows, confirmation } = self;
        let rows = fields.given("rows", rows)?;
        if rows.is_empty() || rows.len() > MOST {
            fields.refuse("rows", FieldCode::OutOfRange, format!("must be 1 to {MOST} rows"));
        }
        Some(Meant { rows, confirmation })
    }
}

impl Meant {
    pub(super) fn read(self, server: &Server) -> Read {
        let Self { rows: values, confirmation } = self;
        let (now, mut rows, mut given) = (server.ledger.now(), Vec::with_capacity(values.len()), Vec::with_capacity(values.len()));
        for value in values {
            let external_id = value.get("external_id").and_then(Value::as_str).map(|id| id.chars().take(200).collect());
            let read = serde_json::from_value::<Written>(value)
                .map_err(|error| vec![RowProblem { field: "", detail: format!("cannot be read: {error}") }])
                .and_then(|written| written.read(now));
            let problems = read.map(|row| rows.push(row)).err().unwrap_or_default();
            given.push(Given { external_id, problems });
        }
        Read { rows, given, confirmation }
    }
}

pub(super) fn importing<'a>(recruiter: &'a Recruiter) -> Result<Importing<'a>, Problem> {
    let is_test = recruiter.is_test().unwrap_or_default();
    Ok(Importing { only_board: recruiter.narrowed(None)?, is_test, actor: &recruiter.actor })
}
