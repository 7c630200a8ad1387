//! What a caller sent, and what it means.

mod understand;

use std::{convert::Infallible, future::Future, pin::Pin};

use actix_web::{
    FromRequest, HttpMessage, HttpRequest, dev,
    web::{Bytes, Payload},
};
pub(crate) use understand::{Request, from_pairs, understood};

use crate::{fields::Fields, problem::Problem};

/// In bytes. A body of this API is a few lines of text.
const LIMIT: usize = 64 * 1024;

/// What a body says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MediaType {
    Json,
    /// What an HTML form sends if nobody says otherwise.
    Form,
    /// What an HTML form can be told to send (`enctype`), and this API does not take.
    OtherForm,
    Other,
}

/// A whole body, or why there is none. Taking it fails never: who calls is looked at first, and only a handler knows when that is done.
pub(crate) struct Body {
    pub(crate) media_type: MediaType,
    bytes: Result<Bytes, Problem>,
}

impl Body {
    /// Reads JSON. No body at all, or `null`, is an empty object: for verbs that need no more.
    pub(crate) fn json<R: Request>(self) -> Result<R::Meaning, Problem> {
        let Self { media_type, bytes } = self;
        let bytes = bytes?;
        if matches!(bytes.trim_ascii(), b"" | b"null") {
            return understand::json::<R>(b"{}");
        }
        match media_type {
            MediaType::Json => understand::json::<R>(&bytes),
            MediaType::Form | MediaType::OtherForm | MediaType::Other => Err(Problem::UnsupportedMediaType),
        }
    }

    /// Reads the fields of a form. Those left empty were not filled in.
    pub(crate) fn form<R: Request>(self) -> Result<(R, Fields), Problem> {
        Ok(from_pairs(&self.bytes?))
    }
}

impl FromRequest for Body {
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Infallible>>>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let media_type = media_type(request);
        let payload = Payload::from_request(request, payload);
        Box::pin(async move {
            let bytes = match payload.await {
                Ok(payload) => match payload.to_bytes_limited(LIMIT).await {
                    Ok(Ok(bytes)) => Ok(bytes),
                    Ok(Err(_)) => Err(Problem::MalformedBody),
                    Err(_) => Err(Problem::BodyTooLarge { most: LIMIT }),
                },
                Err(_) => Err(Problem::MalformedBody),
            };
            Ok(Self { media_type, bytes })
        })
    }
}

fn media_type(request: &HttpRequest) -> MediaType {
    let given = request.content_type();
    let is = |known: &str| given.eq_ignore_ascii_case(known);
    if is("application/json") {
        MediaType::Json
    } else if is("application/x-www-form-urlencoded") {
        MediaType::Form
    } else if is("multipart/form-data") || is("text/plain") {
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
            ("multipart/form-data; boundary=x", MediaType::OtherForm),
            ("application/xml", MediaType::Other),
            ("", MediaType::Other),
        ] {
            let request = TestRequest::post().insert_header(("content-type", given)).to_http_request();
            assert_eq!(media_type(&request), expected, "{given}");
        }
    }
}
