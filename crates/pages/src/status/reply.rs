//! The applicant writes to a person, on their own page: the same as by mail.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Bytes, Data, Path},
};
use hearback_domain::locale::Locale;
use hearback_ledger::PageReply;
use minijinja::{Value, context};
use url::form_urlencoded;

use super::{open, page, words::words};
use crate::{reader, refusal::Refusal, respond::Answer, site::Site};

/// Letters that the box takes. What is longer is a mail, or a file.
const LONGEST: usize = 5_000;

/// A number, in a page of ours.
const ONCE: usize = 20;

/// What stands in the box.
#[derive(Default)]
pub(super) struct Form {
    text: String,
    wrong: Option<Wrong>,
}

/// Why it was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    Empty,
    TooLong,
    TooMany,
}

/// `POST /s/{token}/messages`
pub(crate) async fn reply(
    site: Data<Site>,
    request: HttpRequest,
    token: Path<String>,
    body: Result<Bytes, actix_web::Error>,
) -> HttpResponse {
    let found = write(&site, &token, body.ok().as_deref()).await;
    let (status, answer) = match found {
        Ok((answer, wrong)) => (wrong.map(Wrong::status), Ok(answer)),
        Err(refusal) => (None, Err(refusal)),
    };
    let mut response = site.respond_in(reader::locale(&request), answer);
    if let Some(status) = status {
        *response.status_mut() = status;
    }
    response
}

async fn write(site: &Site, token: &str, body: Option<&[u8]>) -> Result<(Answer, Option<Wrong>), Refusal> {
    let application = open(site, token).await?;
    let Some((once, text)) = body.map(read) else {
        return again(site, token, &application, Form { wrong: Some(Wrong::TooLong), ..Form::default() }).await;
    };
    let wrong = match text.chars().count() {
        0 => Some(Wrong::Empty),
        length if length > LONGEST => Some(Wrong::TooLong),
        _ => None,
    };
    if wrong.is_some() {
        return again(site, token, &application, Form { text, wrong }).await;
    }
    match site.ledger.reply_from_page(application.id, &text, &once).await.map_err(Refusal::Ledger)? {
        PageReply::Recorded(_) | PageReply::OnRecord(_) => Ok((Answer::SeeOther(format!("/s/{token}#so-far")), None)),
        PageReply::TooMany => again(site, token, &application, Form { text, wrong: Some(Wrong::TooMany) }).await,
        PageReply::NoApplication => Err(Refusal::NoSuchLink),
    }
}

/// The page with what was written still in the box.
async fn again(
    site: &Site,
    token: &str,
    application: &hearback_ledger::Application,
    form: Form,
) -> Result<(Answer, Option<Wrong>), Refusal> {
    let answer = page(site, token, application, &form).await?;
    Ok((answer, form.wrong))
}

/// The fields of the box. Browsers end lines by CR LF; no letter has other control characters.
fn read(body: &[u8]) -> (String, String) {
    let (mut once, mut text) = (String::new(), String::new());
    for (name, value) in form_urlencoded::parse(body) {
        match name.as_ref() {
            "once" => once = value.chars().take(ONCE).collect(),
            "text" => text = value.replace("\r\n", "\n").replace('\r', "\n").replace('\t', " "),
            _ => {}
        }
    }
    text.retain(|c| c == '\n' || !c.is_control());
    (once, text.trim().to_owned())
}

impl Wrong {
    const fn status(self) -> StatusCode {
        match self {
            Self::Empty | Self::TooLong => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
        }
    }
}

impl Form {
    /// `once` says how much they had written when they looked: what is sent twice from one look is written once.
    pub(super) fn value(&self, locale: Locale, once: usize) -> Value {
        let Self { text, wrong } = self;
        let wrong = wrong.map(|wrong| words(locale).wrong(wrong));
        context! { once, text, wrong, longest => LONGEST }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_is_read_as_browsers_send_it() {
        let (once, text) = read(b"once=a1&text=+Hello%2C%0D%0A%0D%0Ayou%00%1b%09there.%0D%0A&more=x");
        assert_eq!((once.as_str(), text.as_str()), ("a1", "Hello,\n\nyou there."));
        assert_eq!(read(b"\xff=%ff&text"), (String::new(), String::new()));
        assert_eq!(read(format!("once={}", "x".repeat(500)).as_bytes()).0.len(), ONCE);
    }
}
