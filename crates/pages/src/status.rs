//! The applicant's own page: where the application stands, as far as they were told.

mod reach;
mod said;
mod withdraw;
mod words;

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use hearback_domain::{
    application::{Stage, Status},
    locale::{Locale, long_date},
    promise::Seen,
};
use hearback_ledger::{Application, Board, Job, LedgerError, Notification};
use minijinja::{Value, context};
use reach::mailto;
pub(crate) use withdraw::{ask, withdraw};
use words::{stage_name, told, words};

use crate::{reader, refusal::Refusal, respond::Answer, site::Site};

pub(crate) async fn status(site: Data<Site>, request: HttpRequest, token: Path<String>) -> HttpResponse {
    site.respond_in(reader::locale(&request), show(&site, &token).await)
}

async fn show(site: &Site, token: &str) -> Result<Answer, Refusal> {
    let application = open(site, token).await?;
    let (job, board) = surroundings(site, &application).await?;
    let messages = site.ledger.notifications(application.id).await.map_err(Refusal::Ledger)?;
    site.page("status/page.html", values(token, &application, &job, &board, &messages))
}

/// Whose token it is. A wrong one and one that was replaced are answered alike.
async fn open(site: &Site, token: &str) -> Result<Application, Refusal> {
    site.ledger.application_of_token(token).await.map_err(Refusal::Ledger)?.ok_or(Refusal::NoSuchLink)
}

async fn surroundings(site: &Site, application: &Application) -> Result<(Job, Board), Refusal> {
    let job = site.ledger.job(application.job).await.map_err(Refusal::Ledger)?.ok_or_else(|| missing("job"))?;
    let board = site.ledger.board(job.board).await.map_err(Refusal::Ledger)?.ok_or_else(|| missing("board"))?;
    Ok((job, board))
}

/// From what was told only, never from what was decided. A repeat of an earlier application says how it stands itself: its page must not
/// reveal the first, since anybody may have submitted it.
fn values(token: &str, application: &Application, job: &Job, board: &Board, messages: &[Notification]) -> Value {
    let Application { locale, time_zone, received_at, standing, .. } = application;
    let day = |moment| long_date(*locale, moment, *time_zone);
    let Seen { stage, status, next_word_by } = standing.seen_by_applicant();
    let [headline, lead] = told(*locale, status, stage);
    let said = said::all(*locale, *time_zone, messages);
    context! {
        lang => locale.as_str(),
        words => words(*locale).value(),
        token,
        organisation => board.details.organisation.as_str(),
        job_title => job.details.title.as_str(),
        headline,
        lead,
        promised_by => next_word_by.map(day),
        // Nothing was said yet, and nothing has ended: the acknowledgement is still to come.
        soon => status == Status::Active && next_word_by.is_none() && said.is_empty(),
        steps => steps(*locale, status, stage),
        received_at => received_at.to_rfc3339(),
        received_on => day(*received_at),
        said,
        reply_to => board.details.reply_to.to_string(),
        mailto => mailto(&board.details.reply_to),
        withdrawable => withdrawable(status),
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

/// Whether an applicant who sees this status is offered to withdraw. Behind it may be a decision that nobody was told yet: withdrawing
/// works then too, and the page says nothing of it.
const fn withdrawable(shown: Status) -> bool {
    match shown {
        Status::Active => true,
        Status::Hired | Status::Rejected | Status::Withdrawn => false,
    }
}

/// Foreign keys keep what an application belongs to.
fn missing(table: &'static str) -> Refusal {
    Refusal::Ledger(LedgerError::Unreadable { table, reason: "the row of an application is missing".to_owned() })
}
