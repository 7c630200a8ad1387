//! The applicant's own page: where the application stands, as far as they were told.

mod reach;
mod reply;
mod said;
mod withdraw;
mod words;

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use hearback_domain::{
    application::{Stage, Status},
    conversation::Direction,
    locale::{Locale, long_date},
    promise::Seen,
};
use hearback_ledger::{Application, Board, Job, LedgerError, Page};
use minijinja::{Value, context};
use reach::mailto;
use reply::Form;
pub(crate) use reply::reply;
pub(crate) use withdraw::{ask, withdraw};
use words::{stage_name, told, words};

use crate::{reader, refusal::Refusal, respond::Answer, site::Site};

/// What was written to and fro, and the box for more.
struct Shown {
    conversation: Vec<Value>,
    anything_said: bool,
    form: Value,
}

/// Far more than anybody writes; what is beyond is by mail.
const MOST_MESSAGES: u64 = 200;

pub(crate) async fn status(site: Data<Site>, request: HttpRequest, token: Path<String>) -> HttpResponse {
    site.respond_in(reader::locale(&request), show(&site, &token).await)
}

async fn show(site: &Site, token: &str) -> Result<Answer, Refusal> {
    let application = open(site, token).await?;
    page(site, token, &application, &Form::default()).await
}

async fn page(site: &Site, token: &str, application: &Application, form: &Form) -> Result<Answer, Refusal> {
    let (job, board) = surroundings(site, application).await?;
    let messages = site.ledger.notifications(application.id).await.map_err(Refusal::Ledger)?;
    let wrote = site.ledger.messages(application.id, Page { after: None, limit: MOST_MESSAGES }).await.map_err(Refusal::Ledger)?;
    let shown = Shown {
        conversation: said::conversation(application.locale, application.time_zone, &messages, &wrote),
        anything_said: messages.iter().any(|message| said::was_said(message.state)),
        form: form.value(application.locale, wrote.iter().filter(|message| message.direction == Direction::Received).count()),
    };
    site.page("status/page.html", values(token, application, &job, &board, shown))
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
fn values(token: &str, application: &Application, job: &Job, board: &Board, shown: Shown) -> Value {
    let Shown { conversation, anything_said, form } = shown;
    let Application { locale, time_zone, received_at, standing, .. } = application;
    let day = |moment| long_date(*locale, moment, *time_zone);
    let Seen { stage, status, next_word_by } = standing.seen_by_applicant();
    let [headline, lead] = told(*locale, status, stage);
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
        soon => status == Status::Active && next_word_by.is_none() && !anything_said,
        steps => steps(*locale, status, stage),
        received_at => received_at.to_rfc3339(),
        received_on => day(*received_at),
        said => conversation,
        reply_to => board.details.reply_to.to_string(),
        mailto => mailto(&board.details.reply_to),
        withdrawable => withdrawable(status),
        form,
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
