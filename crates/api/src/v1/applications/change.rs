//! What is the same for every verb.

use actix_web::{HttpRequest, HttpResponse, http::header};
use hearback_domain::ids::ApplicationId;
use hearback_ledger::{Changed, Versioned};

use super::Record;
use crate::{
    auth::Recruiter,
    condition, path,
    problem::{Missing, Problem},
    server::Server,
};

/// The application of the path, if this recruiter may act on it.
pub(super) async fn named(server: &Server, recruiter: &Recruiter, request: &HttpRequest) -> Result<ApplicationId, Problem> {
    let id = path::id(request, Missing::Application)?;
    recruiter.application(server, id).await?;
    let record = async || Record::of(server, recruiter.application(server, id).await?).await;
    condition::if_given(server, request, Versioned::Application(id), record).await?;
    Ok(id)
}

/// Answers with the application as it stands now, or says why nothing was changed.
pub(super) async fn respond(server: &Server, changed: Vec<Changed>) -> Result<HttpResponse, Problem> {
    let missing = || Problem::NotFound(Missing::Application);
    let Changed { application, result } = changed.into_iter().next().ok_or_else(missing)?;
    result?;
    shown(server, application).await
}

/// The application as it stands now.
pub(super) async fn shown(server: &Server, application: ApplicationId) -> Result<HttpResponse, Problem> {
    let missing = || Problem::NotFound(Missing::Application);
    let application = server.ledger.application(application).await?.ok_or_else(missing)?;
    let record = Record::of(server, application).await?;
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(record))
}
