//! One captured mail.

use actix_web::{
    Error, HttpResponse,
    web::{Data, Path, Query},
};
use hearback_domain::{ids::CapturedMailId, locale::Locale};
use hearback_ledger::{CapturedMail, MailToKeep, Page};
use minijinja::{Value, context};
use serde::{Deserialize, Serialize};

use super::{content::Content, shown, view::View};
use crate::{
    linked::{Piece, pieces},
    refusal::Refusal,
    respond::Answer,
    site::Site,
};

#[derive(Deserialize)]
pub(crate) struct Look {
    view: Option<String>,
}

type Asked = Result<Query<Look>, Error>;

#[derive(Serialize)]
struct Whole {
    id: CapturedMailId,
    message_id: String,
    envelope_from: String,
    to: String,
    subject: String,
    captured_at: String,
    headers: Vec<HeaderLine>,
    text: Option<String>,
    html: Option<String>,
}

#[derive(Serialize)]
struct HeaderLine {
    name: String,
    value: String,
}

pub(crate) async fn mail(site: Data<Site>, id: Path<String>, asked: Asked) -> HttpResponse {
    let found = find(&site, &id).await;
    site.respond(found.and_then(|mail| page(&site, mail, view(asked)?)))
}

pub(crate) async fn mail_json(site: Data<Site>, id: Path<String>) -> HttpResponse {
    let found = find(&site, &id).await;
    site.respond(found.and_then(|mail| json(Some(mail))))
}

pub(crate) async fn latest(site: Data<Site>, asked: Asked) -> HttpResponse {
    let found = newest(&site).await;
    site.respond(found.and_then(|mail| match mail {
        Some(mail) => page(&site, mail, view(asked)?),
        None => none_yet(&site),
    }))
}

/// `null` as long as there is none: whoever waits for a mail asks again.
pub(crate) async fn latest_json(site: Data<Site>) -> HttpResponse {
    let found = newest(&site).await;
    site.respond(found.and_then(json))
}

pub(crate) async fn text(site: Data<Site>, id: Path<String>) -> HttpResponse {
    let found = find(&site, &id).await;
    let text = |kept: CapturedMail| Content::read(&kept.mail.raw).text.ok_or(Refusal::NotFound);
    site.respond(found.and_then(text).map(|text| Answer::Plain(text.into_bytes())))
}

pub(crate) async fn html(site: Data<Site>, id: Path<String>) -> HttpResponse {
    let found = find(&site, &id).await;
    let html = |kept: CapturedMail| Content::read(&kept.mail.raw).html.ok_or(Refusal::NotFound);
    site.respond(found.and_then(html).map(Answer::MailHtml))
}

pub(crate) async fn source(site: Data<Site>, id: Path<String>) -> HttpResponse {
    let found = find(&site, &id).await;
    site.respond(found.map(|kept| Answer::Plain(kept.mail.raw)))
}

async fn find(site: &Site, id: &str) -> Result<CapturedMail, Refusal> {
    let id = id.parse().map_err(|_| Refusal::NotFound)?;
    site.ledger.captured_mail(id).await.map_err(Refusal::Ledger)?.ok_or(Refusal::NotFound)
}

async fn newest(site: &Site) -> Result<Option<CapturedMail>, Refusal> {
    let mut mails = site.ledger.captured_mails(Page { after: None, limit: 1 }).await.map_err(Refusal::Ledger)?;
    Ok(mails.pop())
}

fn view(asked: Asked) -> Result<View, Refusal> {
    match asked.map_err(|_| Refusal::NotFound)?.into_inner().view {
        Some(word) => View::of(&word).ok_or(Refusal::NotFound),
        None => Ok(View::Text),
    }
}

fn page(site: &Site, kept: CapturedMail, view: View) -> Result<Answer, Refusal> {
    let CapturedMail { id, mail: MailToKeep { message_id: _, envelope_from, recipient, subject, raw }, captured_at } = kept;
    let content = Content::read(&raw);
    let piece = |Piece { words, link }: Piece<'_>| context! { words, link };
    let views = View::ALL.map(|view| context! { word => view.word(), name => view.name() });
    let values = context! {
        lang => Locale::En.as_str(),
        json => format!("{}/dev/mailbox/{id}.json", site.base),
        id => id.to_string(),
        subject,
        from => content.header("From"),
        to => recipient.to_string(),
        envelope_from => envelope_from.to_string(),
        captured_at => captured_at.to_rfc3339(),
        captured_on => shown(captured_at),
        views => views.to_vec(),
        shown => view.word(),
        text => content.text.as_deref().map(|text| pieces(text).into_iter().map(piece).collect::<Vec<Value>>()),
        html => content.html.is_some(),
        headers => content.headers.iter().map(|(name, value)| context! { name, value }).collect::<Vec<Value>>(),
        source => String::from_utf8_lossy(&raw).into_owned(),
    };
    site.page("mailbox/mail.html", values)
}

fn none_yet(site: &Site) -> Result<Answer, Refusal> {
    let json = format!("{}/dev/mailbox/latest.json", site.base);
    let nothing = Vec::<Value>::new();
    site.page("mailbox/list.html", context! { lang => Locale::En.as_str(), mails => nothing, older => false, next => (), json })
}

fn json(kept: Option<CapturedMail>) -> Result<Answer, Refusal> {
    Ok(Answer::Json(serde_json::json!(kept.map(Whole::from))))
}

impl From<CapturedMail> for Whole {
    fn from(kept: CapturedMail) -> Self {
        let CapturedMail { id, mail: MailToKeep { message_id, envelope_from, recipient, subject, raw }, captured_at } = kept;
        let Content { headers, text, html } = Content::read(&raw);
        Self {
            id,
            message_id,
            envelope_from: envelope_from.to_string(),
            to: recipient.to_string(),
            subject,
            captured_at: captured_at.to_rfc3339(),
            headers: headers.into_iter().map(|(name, value)| HeaderLine { name, value }).collect(),
            text,
            html,
        }
    }
}
