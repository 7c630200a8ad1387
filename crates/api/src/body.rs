//! What a caller sent, and what it means.

pub(crate) mod multipart;
mod understand;
mod uploads;

use std::{convert::Infallible, future::Future, pin::Pin};

use actix_web::{
    FromRequest, HttpMessage, HttpRequest, dev,
    http::header,
    web::{Bytes, BytesMut, Data, Payload},
};
use futures::StreamExt;
use tokio::{sync::OwnedSemaphorePermit, time::timeout};
pub(crate) use understand::{Request, from_query, understood};
pub(crate) use uploads::Uploads;

use self::{
    multipart::Part,
    understand::{from_pairs, from_texts},
};
use crate::{fields::Fields, problem::Problem, server::Server};

/// In bytes. A body of this API is a few lines of text, but for the files of an application.
const LIMIT: usize = 64 * 1024;

/// Where files are taken.
const WITH_FILES: &str = "/v1/jobs/{id}/applications";

/// Where mails are taken.
const WITH_MAIL: &str = "/v1/inbound/mime";

/// In bytes: as much as LMTP takes of one mail, and as is understood of it.
const MAIL_MOST: usize = 32 << 20;

/// Where many applications are taken.
const WITH_ROWS: [&str; 2] = ["/v1/imports", "/v1/imports/dry-run"];

/// In bytes: a thousand rows, and room for long names.
const ROWS_MOST: usize = 1 << 20;

/// What a body says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MediaType {
    Json,
    /// What an HTML form sends if nobody says otherwise.
    Form,
    /// What it sends with files.
    Multipart,
    /// What an HTML form can be told to send (`enctype`), and this API does not take.
    OtherForm,
    /// `message/rfc822`.
    Mail,
    Other,
}

/// A whole body, or why there is none. Taking it fails never: who calls is looked at first, and only a handler knows when that is done.
pub(crate) struct Body {
    pub(crate) media_type: MediaType,
    boundary: Option<String>,
    bytes: Result<Bytes, Problem>,
    room: Option<OwnedSemaphorePermit>,
}

/// A mail as it came.
pub(crate) struct MailBody {
    bytes: Bytes,
    /// Given back with it.
    _room: Option<OwnedSemaphorePermit>,
}

/// The body of a form, to be read.
pub(crate) struct FormBody {
    boundary: Option<String>,
    bytes: Bytes,
    /// Given back with it.
    _room: Option<OwnedSemaphorePermit>,
}

impl Body {
    /// Reads JSON. No body at all, or `null`, is an empty object: for verbs that need no more.
    pub(crate) fn json<R: Request>(self) -> Result<R::Meaning, Problem> {
        let Self { media_type, bytes, boundary: _, room: _ } = self;
        let bytes = bytes?;
        if matches!(bytes.trim_ascii(), b"" | b"null") {
            return understand::json::<R>(b"{}");
        }
        match media_type {
            MediaType::Json => understand::json::<R>(&bytes),
            MediaType::Form | MediaType::Multipart | MediaType::OtherForm | MediaType::Mail | MediaType::Other => {
                Err(Problem::UnsupportedMediaType)
            }
        }
    }

    pub(crate) fn form(self) -> Result<FormBody, Problem> {
        let Self { media_type, boundary, bytes, room } = self;
        match media_type {
            // What a program that names no type sends: curl says "form".
            MediaType::Form if bytes.as_ref().is_ok_and(|bytes| bytes.trim_ascii_start().starts_with(b"{")) => {
                Err(Problem::UnsupportedMediaType)
            }
            MediaType::Form => Ok(FormBody { boundary: None, bytes: bytes?, _room: room }),
            MediaType::Multipart => {
                let bytes = bytes?;
                Ok(FormBody { boundary: Some(boundary.ok_or(Problem::UnsupportedMediaType)?), bytes, _room: room })
            }
            MediaType::Json | MediaType::OtherForm | MediaType::Mail | MediaType::Other => Err(Problem::UnsupportedMediaType),
        }
    }

    pub(crate) fn mail(self) -> Result<MailBody, Problem> {
        let Self { media_type, bytes, boundary: _, room } = self;
        match media_type {
            MediaType::Mail => Ok(MailBody {
                bytes: bytes.and_then(|bytes| if bytes.is_empty() { Err(Problem::MalformedBody) } else { Ok(bytes) })?,
                _room: room,
            }),
            MediaType::Json | MediaType::Form | MediaType::Multipart | MediaType::OtherForm | MediaType::Other => {
                Err(Problem::UnsupportedMediaType)
            }
        }
    }
}

impl MailBody {
    pub(crate) fn raw(&self) -> &[u8] {
        &self.bytes
    }
}

impl FormBody {
    /// Its fields, of which those left empty were not filled in, and its files.
    pub(crate) fn read<R: Request>(&self) -> Result<(R, Fields, Vec<Part<'_>>), Problem> {
        let Some(boundary) = &self.boundary else {
            let (request, fields) = from_pairs(&self.bytes);
            return Ok((request, fields, Vec::new()));
        };
        let parts = multipart::parts(&self.bytes, boundary).ok_or(Problem::MalformedBody)?;
        let (files, texts): (Vec<_>, Vec<_>) = parts.into_iter().partition(|part| part.file_name.is_some());
        let texts: Vec<(String, String)> =
            texts.into_iter().map(|part| (part.name, String::from_utf8_lossy(part.content).into_owned())).collect();
        if texts.iter().map(|(name, text)| name.len() + text.len()).sum::<usize>() > LIMIT {
            return Err(Problem::BodyTooLarge { most: LIMIT });
        }
        let (request, fields) = from_texts(texts.into_iter());
        Ok((request, fields, files))
    }
}

impl FromRequest for Body {
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Infallible>>>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let media_type = media_type(request);
        let whole_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let boundary = multipart::boundary(whole_type);
        let server = request.app_data::<Data<Server>>().cloned();
        // The most, and as it is told.
        let large = match (media_type, request.match_pattern().as_deref(), server) {
            (MediaType::Multipart, Some(WITH_FILES), Some(server)) => {
                let told = server.careers.most_bytes();
                Some((server, told + LIMIT, told))
            }
            (MediaType::Json, Some(path), Some(server)) if WITH_ROWS.contains(&path) => Some((server, ROWS_MOST, ROWS_MOST)),
            (MediaType::Mail, Some(WITH_MAIL), Some(server)) => Some((server, MAIL_MOST, MAIL_MOST)),
            _ => None,
        };
        let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        let payload = Payload::from_request(request, payload);
        Box::pin(async move {
            let (bytes, room) = match (payload.await, large) {
                (Ok(payload), Some((server, most, told))) => {
                    match timeout(uploads::LONGEST, upload(payload, &server, announced, most, told)).await {
                        Ok(Ok((bytes, room))) => (Ok(bytes), Some(room)),
                        Ok(Err(problem)) => (Err(problem), None),
                        Err(_) => (Err(Problem::MalformedBody), None),
                    }
                }
                (Ok(payload), None) => match payload.to_bytes_limited(LIMIT).await {
                    Ok(Ok(bytes)) => (Ok(bytes), None),
                    Ok(Err(_)) => (Err(Problem::MalformedBody), None),
                    Err(_) => (Err(Problem::BodyTooLarge { most: LIMIT }), None),
                },
                (Err(_), _) => (Err(Problem::MalformedBody), None),
            };
            Ok(Self { media_type, boundary, bytes, room })
        })
    }
}

/// A body with files, or a mail: as large as `most`, and only while there is room for it. What is too large is read to its end all the same,
/// within reason, and thrown away: a browser whose upload is cut off shows its own error instead of our words.
async fn upload(
    mut payload: Payload,
    server: &Server,
    announced: Option<usize>,
    most: usize,
    told: usize,
) -> Result<(Bytes, OwnedSemaphorePermit), Problem> {
    const READ_ON: usize = 8;
    let expected = announced.unwrap_or(most);
    let fits = expected <= most;
    // Twice: as it came, and in its parts.
    let room = server.careers.uploads().room(if fits { 2 * expected } else { LIMIT }).await.ok_or(Problem::Busy)?;
    let mut body = BytesMut::with_capacity(if fits { expected } else { 0 });
    let mut read = 0;
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Problem::MalformedBody)?;
        read += chunk.len();
        if read <= most && fits {
            body.extend_from_slice(&chunk);
        } else if read > READ_ON * most {
            break;
        }
    }
    if read > most || !fits { Err(Problem::BodyTooLarge { most: told }) } else { Ok((body.freeze(), room)) }
}

fn media_type(request: &HttpRequest) -> MediaType {
    let given = request.content_type();
    let is = |known: &str| given.eq_ignore_ascii_case(known);
    if is("application/json") {
        MediaType::Json
    } else if is("application/x-www-form-urlencoded") {
        MediaType::Form
    } else if is("multipart/form-data") {
        MediaType::Multipart
    } else if is("message/rfc822") {
        MediaType::Mail
    } else if is("text/plain") {
        MediaType::OtherForm
    } else {
        MediaType::Other
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn parameters_and_case_do_not_change_a_media_type() {
        for (given, expected) in [
            ("application/json", MediaType::Json),
            ("Application/JSON; charset=utf-8", MediaType::Json),
            ("application/x-www-form-urlencoded;charset=UTF-8", MediaType::Form),
            ("multipart/form-data; boundary=x", MediaType::Multipart),
            ("text/plain", MediaType::OtherForm),
            ("message/rfc822", MediaType::Mail),
            ("application/xml", MediaType::Other),
            ("", MediaType::Other),
        ] {
            let request = TestRequest::post().insert_header(("content-type", given)).to_http_request();
            assert_eq!(media_type(&request), expected, "{given}");
        }
    }
}
