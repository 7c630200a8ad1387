//! What was captured, the newest first.

use actix_web::{
    Error, HttpResponse,
    web::{Data, Query},
};
use hearback_domain::{ids::CapturedMailId, locale::Locale};
use hearback_ledger::{CapturedMail, MailToKeep, Page};
use minijinja::{Value, context};
use serde::{Deserialize, Serialize};

use super::shown;
use crate::{refusal::Refusal, respond::Answer, site::Site};

const MAILS_A_PAGE: usize = 50;

/// Where a part of the list begins.
#[derive(Deserialize)]
pub(crate) struct Place {
    /// The last mail of the part before.
    after: Option<CapturedMailId>,
}

type Asked = Result<Query<Place>, Error>;

struct Part {
    mails: Vec<CapturedMail>,
    /// What to ask for the next part with, if there is one.
    next: Option<CapturedMailId>,
    older: bool,
}

#[derive(Serialize)]
struct Listed {
    id: CapturedMailId,
    message_id: String,
    envelope_from: String,
    to: String,
    subject: String,
    captured_at: String,
}

pub(crate) async fn list(site: Data<Site>, asked: Asked) -> HttpResponse {
    let found = find(&site, asked).await;
    site.respond(found.and_then(|part| page(&site, part)))
}

pub(crate) async fn list_json(site: Data<Site>, asked: Asked) -> HttpResponse {
    let found = find(&site, asked).await;
    site.respond(found.map(|Part { mails, next, older: _ }| {
        let items: Vec<Listed> = mails.into_iter().map(Listed::from).collect();
        Answer::Json(serde_json::json!({ "items": items, "next_cursor": next }))
    }))
}

async fn find(site: &Site, asked: Asked) -> Result<Part, Refusal> {
    let Place { after } = asked.map_err(|_| Refusal::NotFound)?.into_inner();
    // One more than is shown tells whether there are more.
    let mut mails = site.ledger.captured_mails(Page { after, limit: MAILS_A_PAGE as u64 + 1 }).await.map_err(Refusal::Ledger)?;
    let more = mails.len() > MAILS_A_PAGE;
    mails.truncate(MAILS_A_PAGE);
    let next = if more { mails.last().map(|mail| mail.id) } else { None };
    Ok(Part { mails, next, older: after.is_some() })
}

fn page(site: &Site, part: Part) -> Result<Answer, Refusal> {
    let Part { mails, next, older } = part;
    let json = format!("{}/dev/mailbox.json", site.base);
    let row = |CapturedMail { id, mail, captured_at }: CapturedMail| -> Value {
        context! {
            id => id.to_string(), to => mail.recipient.to_string(), subject => mail.subject,
            captured_at => captured_at.to_rfc3339(), captured_on => shown(captured_at),
        }
    };
    let mails: Vec<Value> = mails.into_iter().map(row).collect();
    site.page("mailbox/list.html", context! { lang => Locale::En.as_str(), mails, older, next => next.map(|id| id.to_string()), json })
}

impl From<CapturedMail> for Listed {
    fn from(kept: CapturedMail) -> Self {
        let CapturedMail { id, mail: MailToKeep { message_id, envelope_from, recipient, subject, raw: _ }, captured_at } = kept;
        Self {
            id,
            message_id,
            envelope_from: envelope_from.to_string(),
            to: recipient.to_string(),
            subject,
            captured_at: captured_at.to_rfc3339(),
        }
    }
}
