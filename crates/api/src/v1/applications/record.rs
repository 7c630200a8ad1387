//! Everything on record about one application.

use futures::try_join;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Application,
    history::{Event, Notification},
};
use crate::{problem::Problem, server::Server};

/// An application with its history.
#[derive(Serialize, ToSchema)]
#[schema(as = ApplicationRecord)]
pub(super) struct Record {
    #[serde(flatten)]
    application: Application,
    /// The applicant's own page.
    #[schema(format = "uri")]
    status_url: String,
    /// What happened, oldest first.
    timeline: Vec<Event>,
    /// The messages owed to the applicant, in the order in which they go out.
    notifications: Vec<Notification>,
}

impl Record {
    pub(super) async fn of(server: &Server, application: hearback_ledger::Application) -> Result<Self, Problem> {
        let id = application.id;
        let (events, notifications) = try_join!(server.ledger.events(id), server.ledger.notifications(id))?;
        Ok(Self {
            status_url: server.status_url(id, application.link_generation),
            application: application.into(),
            timeline: events.into_iter().map(Event::from).collect(),
            notifications: notifications.into_iter().map(Notification::from).collect(),
        })
    }
}
