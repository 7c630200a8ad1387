//! The applicant's own page: where the application stands, as far as they were told.

mod reach;
mod words;

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use hearback_domain::{
    application::{Stage, Status},
    locale::{Locale, long_date},
    promise::Seen,
};
use hearback_ledger::{Application, Board, Job, LedgerError};
use minijinja::{Value, context};
use reach::mailto;
use words::{stage_name, told};

use crate::{refusal::Refusal, respond::Answer, site::Site};

pub(crate) async fn status(site: Data<Site>, token: Path<String>) -> HttpResponse {
    site.respond(find(&site, &token).await)
}

async fn find(site: &Site, token: &str) -> Result<Answer, Refusal> {
    let application = site.ledger.application_of_token(token).await.map_err(Refusal::Ledger)?.ok_or(Refusal::NoSuchLink)?;
    let job = site.ledger.job(application.job).await.map_err(Refusal::Ledger)?.ok_or_else(|| missing("job"))?;
    let board = site.ledger.board(job.board).await.map_err(Refusal::Ledger)?.ok_or_else(|| missing("board"))?;
    site.page(template(application.locale), values(&application, &job, &board))
}

/// The language of the page: not yet the one of the mails, for all of them.
const fn shown_in(locale: Locale) -> Locale {
    match locale {
        Locale::En | Locale::De | Locale::Fr | Locale::Es => Locale::En,
    }
}

/// A new locale does not compile until its page exists.
const fn template(locale: Locale) -> &'static str {
    match locale {
        Locale::En | Locale::De | Locale::Fr | Locale::Es => "status/en.html",
    }
}

/// From what was told only, never from what was decided. A repeat of an earlier application says how it stands itself: its page must not
/// reveal the first, since anybody may have submitted it.
fn values(application: &Application, job: &Job, board: &Board) -> Value {
    let Application { time_zone, received_at, standing, .. } = application;
    let locale = &shown_in(application.locale);
    let day = |moment| long_date(*locale, moment, *time_zone);
    let Seen { stage, status, next_word_by } = standing.seen_by_applicant();
    let (headline, lead) = told(*locale, status, stage);
    context! {
        lang => locale.as_str(),
        organisation => board.details.organisation.as_str(),
        job_title => job.details.title.as_str(),
        headline,
        lead,
        promised_by => next_word_by.map(day),
        steps => steps(*locale, status, stage),
        received_at => received_at.to_rfc3339(),
        received_on => day(*received_at),
        reply_to => board.details.reply_to.to_string(),
        mailto => mailto(&board.details.reply_to),
    }
}

/// The way that an application takes, as long as it is on its way.
fn steps(locale: Locale, status: Status, stage: Stage) -> Vec<Value> {
    let step = |step: &Stage| context! { name => stage_name(locale, *step), done => *step < stage, current => *step == stage };
    match status {
        Status::Active => Stage::ALL.iter().map(step).collect(),
        Status::Hired | Status::Rejected | Status::Withdrawn => Vec::new(),
    }
}

/// Foreign keys keep what an application belongs to.
fn missing(table: &'static str) -> Refusal {
    Refusal::Ledger(LedgerError::Unreadable { table, reason: "the row of an application is missing".to_owned() })
}
