//! What is done to many applications at once.

mod asked;
pub(crate) mod create;
pub(crate) mod dry_run;
pub(crate) mod items;
pub(crate) mod list;
pub(crate) mod show;
pub(crate) mod stop;
mod tried;
pub(crate) mod undo;

use std::collections::BTreeMap;

use actix_web::{HttpResponse, http::header};
use chrono::{DateTime, Utc};
use hearback_domain::bulk::ItemState;
use hearback_ledger::Counts;
use serde::Serialize;
use utoipa::ToSchema;

pub(super) use asked::ids;
pub(super) use tried::{DryRun, PartQuery, try_out};

use super::applications::Actor;
use crate::{schema, server::Server};

/// Something done to many applications.
#[derive(Serialize, ToSchema)]
pub(crate) struct Operation {
    #[schema(value_type = schema::OperationId)]
    id: String,
    #[schema(value_type = schema::OperationKind)]
    kind: &'static str,
    #[schema(required, value_type = Option<schema::JobId>)]
    job_id: Option<String>,
    #[schema(value_type = schema::OperationState)]
    state: &'static str,
    /// How many active applications it was to reach when it began.
    expected: u32,
    progress: Progress,
    actor: Actor,
    #[schema(required)]
    stopped_by: Option<Actor>,
    /// Who takes it back, or took it back.
    #[schema(required)]
    undone_by: Option<Actor>,
    created_at: DateTime<Utc>,
    #[schema(required)]
    finished_at: Option<DateTime<Utc>>,
}

/// How many applications it has dealt with so far.
#[derive(Serialize, ToSchema)]
#[schema(as = OperationProgress)]
pub(crate) struct Progress {
    done: u64,
    /// Of those done: how many get a message about it.
    messages: u64,
    passed_over: u64,
    /// Could not be changed: a person has to look. `items?state=failed` lists them.
    failed: u64,
    /// Taken back.
    undone: u64,
    /// Not to be taken back any more.
    kept: u64,
    /// How often there was which reason: for no message, for being passed over, for failing, for a correction, for not being taken back.
    reasons: BTreeMap<String, u64>,
}

impl From<hearback_ledger::Operation> for Operation {
    fn from(operation: hearback_ledger::Operation) -> Self {
        let hearback_ledger::Operation {
            id,
            kind,
            job,
            board: _,
            is_test: _,
            spec: _,
            actor,
            expected,
            state,
            stopped_by,
            undone_by,
            counts,
            created_at,
            finished_at,
        } = operation;
        Self {
            id: id.to_string(),
            kind: kind.as_str(),
            job_id: job.map(|job| job.to_string()),
            state: state.as_str(),
            expected,
            progress: counts.into(),
            actor: actor.into(),
            stopped_by: stopped_by.map(Actor::from),
            undone_by: undone_by.map(Actor::from),
            created_at,
            finished_at,
        }
    }
}

impl From<Counts> for Progress {
    fn from(counts: Counts) -> Self {
        let Counts { by_state, by_reason, messages } = counts;
        let of = |state: ItemState| by_state.get(&state).copied().unwrap_or_default();
        Self {
            done: of(ItemState::Done),
            messages,
            passed_over: of(ItemState::PassedOver),
            failed: of(ItemState::Failed),
            undone: of(ItemState::Undone),
            kept: of(ItemState::Kept),
            reasons: by_reason,
        }
    }
}

/// It is on record, and goes on by itself: where to follow it.
pub(super) fn accepted(server: &Server, operation: hearback_ledger::Operation) -> HttpResponse {
    let location = format!("{}/v1/operations/{}", server.base, operation.id);
    let mut response = HttpResponse::Accepted();
    response.insert_header((header::LOCATION, location)).insert_header((header::CACHE_CONTROL, "no-store"));
    response.json(Operation::from(operation))
}

pub(super) fn shown(operation: hearback_ledger::Operation) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(Operation::from(operation))
}
