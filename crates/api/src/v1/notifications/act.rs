//! What is the same for everything that is done to a message.

use actix_web::{HttpRequest, HttpResponse, http::header};
use hearback_domain::ids::NotificationId;
use hearback_ledger::OutboxError;

use super::Record;
use crate::{
    auth::Recruiter,
    path,
    problem::{Missing, Problem},
    server::Server,
};

/// The message of the path, if this recruiter may act on it.
pub(super) async fn named(server: &Server, recruiter: &Recruiter, request: &HttpRequest) -> Result<NotificationId, Problem> {
    let id = path::id(request, Missing::Message)?;
    Ok(recruiter.message(server, id).await?.id)
}

/// Answers with the message as it stands now, or says why nothing was changed.
pub(super) async fn respond(server: &Server, id: NotificationId, done: Result<(), OutboxError>) -> Result<HttpResponse, Problem> {
    done?;
    show(server, id).await
}

pub(super) async fn show(server: &Server, id: NotificationId) -> Result<HttpResponse, Problem> {
    let record = server.ledger.outbox_record(id).await?.ok_or(Problem::NotFound(Missing::Message))?;
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(Record::from(record)))
}
