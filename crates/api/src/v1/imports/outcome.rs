//! What became of each row, or would.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, http::header};
use chrono::{DateTime, Utc};
use hearback_domain::{
    confirmation::HOLDS_FOR,
    import::Problem as RowProblem,
    promise::import::{Gets, Unsaid},
};
use hearback_ledger::{ImportRefused, ImportTally, Imported};
use serde::Serialize;
use utoipa::ToSchema;

use super::asked::{Given, Read};
use crate::{problem::Problem, schema, server::Server};

/// What became of an import, or would.
#[derive(Serialize, ToSchema)]
pub(crate) struct Import {
    summary: Total,
    /// In the order of the rows.
    items: Vec<Item>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ImportSummary)]
struct Total {
    rows: usize,
    /// On record because of this; of a dry run, how many would be.
    imported: usize,
    /// Imported before: nothing changed.
    already_here: u64,
    /// Something is wrong with them: `errors` says what to change. The others went on.
    refused: usize,
    /// How many people get a message at once, or after the undo window.
    messages: u32,
    /// How many of those who are imported get none, for which reason (see `nothing_because`).
    nothing: BTreeMap<&'static str, u32>,
    /// Whether the import is refused without `confirmation`.
    confirmation_required: bool,
    /// To be sent with just these rows. It also holds for going on with them.
    confirmation: String,
    confirmation_expires_at: DateTime<Utc>,
}

/// What became of one row.
#[derive(Serialize, ToSchema)]
#[schema(as = ImportItem)]
struct Item {
    /// Its number, from 1.
    row: usize,
    #[schema(required)]
    external_id: Option<String>,
    /// `null` if it is refused, or not on record yet.
    #[schema(required, value_type = Option<schema::ApplicationId>)]
    application_id: Option<String>,
    /// The message that the applicant gets; `null` if none.
    #[schema(required, value_type = Option<schema::NotificationKind>)]
    gets: Option<&'static str>,
    #[schema(required)]
    send_after: Option<DateTime<Utc>>,
    #[schema(required)]
    due_at: Option<DateTime<Utc>>,
    /// Why they get none.
    #[schema(required, value_type = Option<schema::WhyUnsaid>)]
    nothing_because: Option<&'static str>,
    /// What is wrong with it.
    errors: Vec<RowError>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ImportRowError)]
struct RowError {
    /// Empty for the row as a whole; `told.at` is the `at` of `told`.
    field: String,
    /// What to change.
    detail: String,
}

pub(super) fn tally(read: &Read, results: &[Result<Imported, ImportRefused>]) -> ImportTally {
    let mut tally = ImportTally::default();
    read.rows.iter().zip(results).for_each(|(row, result)| tally.add(row, result));
    tally
}

/// `is_done`: otherwise it was only looked at.
pub(super) async fn answer(
    server: &Server,
    read: Read,
    results: Vec<Result<Imported, ImportRefused>>,
    is_done: bool,
) -> Result<HttpResponse, Problem> {
    let tally = tally(&read, &results);
    let mut results = results.into_iter();
    let item = |(at, Given { external_id, problems }): (usize, Given)| {
        let item = Item::nothing(at + 1, external_id);
        if !problems.is_empty() {
            return item.refused(problems.into_iter().map(|RowProblem { field, detail }| (field, detail)));
        }
        match results.next() {
            Some(Ok(imported)) => item.of(&imported, is_done),
            Some(Err(refused)) => item.refused([(refused.field(), refused.to_string())]),
            None => item,
        }
    };
    let items: Vec<Item> = read.given.into_iter().enumerate().map(item).collect();
    let refused = items.iter().filter(|item| !item.errors.is_empty()).count();
    let summary = Total {
        rows: items.len(),
        imported: items.len() - refused - usize::try_from(tally.already_here).unwrap_or_default(),
        already_here: tally.already_here,
        refused,
        messages: tally.messages,
        nothing: tally.nothing.iter().map(|(why, number)| (why.as_str(), *number)).collect(),
        confirmation_required: server.ledger.import_needs_confirmation(&tally).await?,
        confirmation: server.ledger.import_confirmation(&tally),
        confirmation_expires_at: server.ledger.now() + HOLDS_FOR,
    };
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(Import { summary, items }))
}

impl Item {
    const fn nothing(row: usize, external_id: Option<String>) -> Self {
        Self {
            row,
            external_id,
            application_id: None,
            gets: None,
            send_after: None,
            due_at: None,
            nothing_because: None,
            errors: Vec::new(),
        }
    }

    fn of(self, imported: &Imported, is_done: bool) -> Self {
        let Imported { application, job: _, gets } = imported;
        let is_there = is_done || *gets == Gets::Nothing(Unsaid::AlreadyHere);
        let application_id = is_there.then(|| application.to_string());
        match *gets {
            Gets::Message { kind, send_after, due_at } => {
                Self { application_id, gets: Some(kind.as_str()), send_after: Some(send_after), due_at: Some(due_at), ..self }
            }
            Gets::Nothing(why) => Self { application_id, nothing_because: Some(why.as_str()), ..self },
        }
    }

    fn refused(self, errors: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        let errors = errors.into_iter().map(|(field, detail)| RowError { field: field.to_owned(), detail }).collect();
        Self { errors, ..self }
    }
}
