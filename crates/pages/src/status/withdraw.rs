//! An applicant withdraws: a page that asks, and the one thing in this crate that changes something.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use hearback_domain::actor::Actor;
use hearback_ledger::Application;
use minijinja::context;

use super::{open, surroundings, withdrawable, words::words};
use crate::{reader, refusal::Refusal, respond::Answer, site::Site};

/// `GET /s/{token}/withdraw`: mail programs and their scanners open links, so a link only asks.
pub(crate) async fn ask(site: Data<Site>, request: HttpRequest, token: Path<String>) -> HttpResponse {
    site.respond_in(reader::locale(&request), question(&site, &token).await)
}

/// `POST /s/{token}/withdraw`. Done twice, it is done once.
pub(crate) async fn withdraw(site: Data<Site>, request: HttpRequest, token: Path<String>) -> HttpResponse {
    site.respond_in(reader::locale(&request), take_back(&site, &token).await)
}

async fn question(site: &Site, token: &str) -> Result<Answer, Refusal> {
    let application = open(site, token).await?;
    if !offered(&application) {
        return Ok(own_page(token));
    }
    let (job, board) = surroundings(site, &application).await?;
    let values = context! {
        lang => application.locale.as_str(),
        words => words(application.locale).value(),
        token,
        organisation => board.details.organisation.as_str(),
        job_title => job.details.title.as_str(),
    };
    site.page("status/withdraw.html", values)
}

async fn take_back(site: &Site, token: &str) -> Result<Answer, Refusal> {
    let application = open(site, token).await?;
    if offered(&application) {
        let changed = site.ledger.withdraw(&[application.id], true, &Actor::applicant()).await.map_err(Refusal::Ledger)?;
        if let Some(refused) = changed.iter().find_map(|changed| changed.result.as_ref().err()) {
            tracing::error!(application = %application.id, %refused, "an applicant cannot withdraw");
            return Err(Refusal::NotDone);
        }
    }
    Ok(own_page(token))
}

fn offered(application: &Application) -> bool {
    withdrawable(application.standing.seen_by_applicant().status)
}

/// Where the page says what holds now.
fn own_page(token: &str) -> Answer {
    Answer::SeeOther(format!("/s/{token}"))
}
