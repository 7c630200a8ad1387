//! A dry run, as it is shown.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, http::header};
use chrono::{DateTime, Utc};
use hearback_domain::{confirmation::HOLDS_FOR, ids::ApplicationId, promise::bulk::Gets};
use hearback_ledger::{Begin, DryRunPerson, Summary};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::{
    body::{Request, from_query, understood},
    fields::Fields,
    pagination::Part,
    problem::Problem,
    schema,
    server::Server,
};

#[derive(Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PartQuery {
    /// `next_cursor` of the part before.
    cursor: Option<String>,
    #[param(value_type = Option<u64>, minimum = 1, maximum = 200, default = 50)]
    limit: Option<String>,
}

impl Request for PartQuery {
    type Meaning = Part<ApplicationId>;

    fn read(self, fields: &mut Fields) -> Option<Self::Meaning> {
        let Self { cursor, limit } = self;
        Part::read(fields, cursor, limit)
    }
}

/// What an operation would mean.
#[derive(Serialize, ToSchema)]
pub(crate) struct DryRun {
    /// What all of it comes to; only with the first part.
    #[schema(required)]
    summary: Option<Total>,
    items: Vec<Person>,
    /// Asks for the next part, as `cursor`; `null` in the last one.
    #[schema(required)]
    next_cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = DryRunSummary)]
struct Total {
    /// How many applications were looked at, ended ones included.
    applications: u64,
    /// How many people get a message.
    messages: u32,
    /// How many get none, for which reason (see `nothing_because`).
    nothing: BTreeMap<&'static str, u32>,
    /// How many cannot be read, and would be noted as failed.
    unreadable: u64,
    /// Whether the operation is refused without `confirmation`.
    confirmation_required: bool,
    /// To be sent with the operation. It holds for just this operation, as long as those whom it reaches and their stages are the same.
    confirmation: String,
    confirmation_expires_at: DateTime<Utc>,
}

/// What one person gets.
#[derive(Serialize, ToSchema)]
#[schema(as = DryRunPerson)]
struct Person {
    #[schema(value_type = schema::ApplicationId)]
    application_id: String,
    name: String,
    /// The message that they get; `null` if none.
    #[schema(required, value_type = Option<schema::NotificationKind>)]
    gets: Option<&'static str>,
    /// Not sent before then, if it is asked for now.
    #[schema(required)]
    send_after: Option<DateTime<Utc>>,
    #[schema(required)]
    due_at: Option<DateTime<Utc>>,
    /// Why it does not go out earlier.
    #[schema(required, value_type = Option<schema::NotBefore>)]
    waits_for: Option<&'static str>,
    /// What it waited for gave way to a date that a law sets, or that the applicant was told.
    window_shrunk: bool,
    /// Why they get none.
    #[schema(required, value_type = Option<schema::WhySilent>)]
    nothing_because: Option<&'static str>,
    /// The application cannot be read: the log says why.
    unreadable: bool,
}

pub(crate) async fn try_out(server: &Server, request: &HttpRequest, begin: Begin<'_>) -> Result<HttpResponse, Problem> {
    let (query, fields) = from_query::<PartQuery>(request.query_string().as_bytes());
    let part = understood(query, fields).map_err(Problem::InvalidQuery)?;
    let hearback_ledger::DryRun { people, summary } = server.ledger.dry_run(begin, part.page()).await?;
    let (people, next_cursor) = part.cut(people, |person| person.application);
    let expires_at = server.ledger.now() + HOLDS_FOR;
    let summary = summary.map(|summary| Total::of(summary, expires_at));
    let answer = DryRun { summary, items: people.into_iter().map(Person::from).collect(), next_cursor };
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(answer))
}

impl Total {
    fn of(summary: Summary, confirmation_expires_at: DateTime<Utc>) -> Self {
        let Summary { applications, messages, silent, unreadable, is_required, confirmation } = summary;
        Self {
            applications,
            messages,
            nothing: silent.into_iter().map(|(why, number)| (why.as_str(), number)).collect(),
            unreadable,
            confirmation_required: is_required,
            confirmation,
            confirmation_expires_at,
        }
    }
}

impl From<DryRunPerson> for Person {
    fn from(person: DryRunPerson) -> Self {
        let DryRunPerson { application, name, gets } = person;
        let (message, nothing) = match gets {
            Some(Gets::Message { kind, times }) => (Some((kind, times)), None),
            Some(Gets::Nothing(why)) => (None, Some(why)),
            None => (None, None),
        };
        Self {
            application_id: application.to_string(),
            name,
            gets: message.map(|(kind, _)| kind.as_str()),
            send_after: message.map(|(_, times)| times.send_after),
            due_at: message.map(|(_, times)| times.due_at),
            waits_for: message.map(|(_, times)| times.waits_for.as_str()),
            window_shrunk: message.is_some_and(|(_, times)| times.shrunk.is_some()),
            nothing_because: nothing.map(|why| why.as_str()),
            unreadable: gets.is_none(),
        }
    }
}
