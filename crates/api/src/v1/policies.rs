//! What boards and jobs promise otherwise than the organisation. Two paths for each operation: a board's policy and a job's are asked for alike.

pub(crate) mod given;
pub(crate) mod preview;
pub(crate) mod set;
pub(crate) mod show;

use chrono::{DateTime, Utc};
use hearback_domain::policy::{Overrides, PolicyProblem};
use hearback_ledger::{PolicyError, PolicyProgress, PolicyRecord, WhosePolicy};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    auth::Recruiter,
    fields::{FieldCode, Fields},
    path,
    problem::{Missing, Problem},
    server::Server,
};
use actix_web::HttpRequest;

/// The policy of a board or a job.
#[derive(Serialize, ToSchema)]
#[schema(as = PolicyRecord)]
pub(crate) struct Record {
    /// What it does otherwise than the policy above it.
    #[schema(value_type = given::Policy)]
    own: Value,
    /// What holds in the end, all of it.
    #[schema(value_type = given::Policy)]
    effective: Value,
    /// How far the last change has come; `null` if there was none.
    #[schema(required)]
    last_change: Option<Progress>,
}

/// What is owed already is derived again, application by application.
#[derive(Serialize, ToSchema)]
#[schema(as = PolicyProgress)]
pub(crate) struct Progress {
    at: DateTime<Utc>,
    /// Applications looked at so far.
    examined: u64,
    /// Those for whom something changed.
    changed: u64,
    #[schema(required)]
    finished_at: Option<DateTime<Utc>>,
}

impl From<PolicyRecord> for Record {
    fn from(record: PolicyRecord) -> Self {
        let PolicyRecord { own, effective, last_change } = record;
        let progress = |PolicyProgress { at, examined, changed, finished_at }| Progress { at, examined, changed, finished_at };
        Self { own: json(&own), effective: json(&Overrides::from(&effective)), last_change: last_change.map(progress) }
    }
}

fn json(policy: &Overrides) -> Value {
    serde_json::to_value(policy).expect("words and numbers can be written as JSON")
}

/// The board of the path, if the key may see it.
async fn board(server: &Server, recruiter: &Recruiter, request: &HttpRequest) -> Result<WhosePolicy, Problem> {
    let board = recruiter.board(server, path::id(request, Missing::Board)?).await?;
    Ok(WhosePolicy::Board(board.id))
}

/// The job of the path, if the key may see it.
async fn job(server: &Server, recruiter: &Recruiter, request: &HttpRequest) -> Result<WhosePolicy, Problem> {
    let job = recruiter.job(server, path::id(request, Missing::Job)?).await?;
    Ok(WhosePolicy::Job(job.id))
}

async fn record(server: &Server, whose: WhosePolicy) -> Result<Record, Problem> {
    server.ledger.policy_record(whose).await.map(Record::from).map_err(|error| refused(error, whose, &[]))
}

/// `above` is where the policy stands in the body.
fn refused(error: PolicyError, whose: WhosePolicy, above: &[&str]) -> Problem {
    let mut fields = Fields::default();
    match error {
        PolicyError::Ledger(error) => return error.into(),
        PolicyError::NotFound => {
            return Problem::NotFound(if matches!(whose, WhosePolicy::Job(_)) { Missing::Job } else { Missing::Board });
        }
        PolicyError::Invalid(problems) => {
            for PolicyProblem { field, wrong } in problems {
                let path: Vec<&str> = above.iter().copied().chain(field.split('.')).collect();
                fields.refuse_inside(&path, FieldCode::OutOfRange, wrong.to_string());
            }
        }
        PolicyError::InvalidForJob { job, problem: PolicyProblem { field, wrong } } => {
            let detail = format!("cannot be kept together with what {job} does otherwise: its {field} {wrong}");
            fields.refuse_inside(above, FieldCode::Contradictory, detail);
        }
    }
    Problem::InvalidBody(fields)
}
