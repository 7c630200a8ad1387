//! What is the same for everything that is done to a message.

use actix_web::{HttpRequest, HttpResponse, http::header};
use hearback_domain::ids::NotificationId;
use hearback_ledger::{OutboxError, Versioned};

use super::Record;
use crate::{
    auth::Recruiter,
    condition, path,
    problem::{Missing, Problem},
    server::Server,
};

/// The message of the path, if this recruiter may act on it.
pub(super) async fn named(server: &Server, recruiter: &Recruiter, request: &HttpRequest) -> Result<NotificationId, Problem> {
    let id = path::id(request, Missing::Message)?;
    Ok(recruiter.message(server, id).await?.id)
}

/// The same for whoever changes it: what is done to a message changes its application.
pub(super) async fn to_change(server: &Server, recruiter: &Recruiter, request: &HttpRequest) -> Result<NotificationId, Problem> {
    let id = named(server, recruiter, request).await?;
    let application = recruiter.message(server, id).await?.application;
    condition::if_given(server, request, Versioned::Application(application), async || record(server, id).await).await?;
    Ok(id)
}

/// Answers with the message as it stands now, or says why nothing was changed.
pub(super) async fn respond(server: &Server, id: NotificationId, done: Result<(), OutboxError>) -> Result<HttpResponse, Problem> {
    done?;
    show(server, id).await
}

pub(super) async fn show(server: &Server, id: NotificationId) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(record(server, id).await?))
}

async fn record(server: &Server, id: NotificationId) -> Result<Record, Problem> {
    Ok(server.ledger.outbox_record(id).await?.ok_or(Problem::NotFound(Missing::Message))?.into())
}
