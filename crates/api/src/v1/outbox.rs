//! The outbox of the whole organisation: how much is in it, and whether it goes out.

pub(crate) mod pause;
pub(crate) mod resume;
pub(crate) mod show;

use actix_web::{HttpResponse, http::header};
use chrono::{DateTime, Utc};
use hearback_domain::notification::State;
use hearback_ledger::{OutboxSummary, Pause};
use serde::Serialize;
use utoipa::ToSchema;

use super::applications::Actor;
use crate::{problem::Problem, server::Server};

/// How much is in the outbox, and whether it goes out.
#[derive(Serialize, ToSchema)]
struct Outbox {
    /// While it is paused no worker claims a message. What comes in is taken and owed all the same.
    paused: bool,
    #[schema(required)]
    paused_since: Option<DateTime<Utc>>,
    #[schema(required)]
    paused_by: Option<Actor>,
    #[schema(required)]
    pause_reason: Option<String>,
    messages: Counts,
    /// The earliest promise of a message that is not out yet.
    #[schema(required)]
    oldest_due_at: Option<DateTime<Utc>>,
}

/// Messages by their state, as far as a person may still have to do with them.
#[derive(Serialize, ToSchema)]
#[schema(as = MessageCounts)]
struct Counts {
    waiting: u64,
    scheduled: u64,
    sending: u64,
    held: u64,
    undeliverable: u64,
    bounced: u64,
}

impl From<OutboxSummary> for Outbox {
    fn from(summary: OutboxSummary) -> Self {
        let count = |state| summary.count(state);
        let messages = Counts {
            waiting: count(State::Waiting),
            scheduled: count(State::Scheduled),
            sending: count(State::Sending),
            held: count(State::Held),
            undeliverable: count(State::Undeliverable),
            bounced: count(State::Bounced),
        };
        let OutboxSummary { pause, counts: _, oldest_due } = summary;
        let (since, by, reason) = match pause {
            Some(Pause { since, reason, by, resumed: _ }) => (Some(since), Some(by.into()), Some(reason)),
            None => (None, None, None),
        };
        Self { paused: since.is_some(), paused_since: since, paused_by: by, pause_reason: reason, messages, oldest_due_at: oldest_due }
    }
}

async fn respond(server: &Server) -> Result<HttpResponse, Problem> {
    let summary = server.ledger.outbox_summary().await?;
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(Outbox::from(summary)))
}
