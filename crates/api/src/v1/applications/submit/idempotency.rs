//! The `Idempotency-Key` header, and what a key is bound to.

use actix_web::{HttpRequest, http::header::HeaderValue};
use hearback_domain::{
    actor::Actor,
    ids::{ApiKeyId, JobId},
};
use hearback_ledger::{Idempotency, NewAttachment};
use sha2::{Digest, Sha256};

use super::Applicant;
use crate::problem::Problem;

pub(crate) const HEADER: &str = "Idempotency-Key";

/// In characters.
pub(crate) const MOST: usize = 255;

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct IdempotencyKey(String);

impl IdempotencyKey {
    pub(crate) fn of(request: &HttpRequest) -> Result<Option<Self>, Problem> {
        let mut given = request.headers().get_all(HEADER);
        let malformed =
            Problem::InvalidHeader { name: HEADER, expected: "one key of 1 to 255 visible ASCII characters, bare or in double quotes" };
        match (given.next(), given.next()) {
            (None, _) => Ok(None),
            (Some(given), None) => read(given).map(|key| Some(Self(key))).ok_or(malformed),
            (Some(_), Some(_)) => Err(malformed),
        }
    }

    pub(crate) fn into_text(self) -> String {
        self.0
    }

    /// The same in a field of a form, which has no headers.
    pub(super) fn of_field(given: &str) -> Result<Self, Problem> {
        let malformed = Problem::InvalidHeader { name: "_idempotency_key", expected: "one key of 1 to 255 visible ASCII characters" };
        HeaderValue::from_str(given).ok().and_then(|given| read(&given)).map(Self).ok_or(malformed)
    }

    /// What the same key may be sent with again: the same application, however it is written.
    pub(super) fn bound(
        self,
        api_key: ApiKeyId,
        actor: &Actor,
        job: JobId,
        applicant: &Applicant,
        attachments: &[NewAttachment],
    ) -> Idempotency {
        let Applicant { name, email, locale, time_zone } = applicant;
        let mut hash = Sha256::new();
        hash.update(job.uuid());
        for part in [name.as_str(), email.as_str(), locale.map_or("", |locale| locale.as_str()), time_zone.map_or("", |zone| zone.name())] {
            hash.update(part);
            // No part has this character inside.
            hash.update([0]);
        }
        for NewAttachment { role, file_name, sha256, .. } in attachments {
            hash.update(role.as_str());
            hash.update([0]);
            hash.update(file_name);
            hash.update([0]);
            hash.update(sha256);
        }
        if let Some(name) = &actor.on_behalf_of {
            hash.update("for");
            hash.update([0]);
            hash.update(name);
            hash.update([0]);
        }
        Idempotency { api_key, key: self.0, fingerprint: hash.finalize().into() }
    }
}

/// A string as in RFC 8941, section 3.3.3, or the same without its quotes, as most clients send it.
fn read(given: &HeaderValue) -> Option<String> {
    let given = given.to_str().ok()?.trim();
    let key = match given.strip_prefix('"') {
        Some(rest) => unquoted(rest)?,
        None => given.to_owned(),
    };
    let visible = key.bytes().all(|byte| byte.is_ascii_graphic());
    (visible && (1..=MOST).contains(&key.len())).then_some(key)
}

fn unquoted(rest: &str) -> Option<String> {
    let mut key = String::with_capacity(rest.len());
    let mut letters = rest.chars();
    loop {
        match letters.next()? {
            '"' => return letters.next().is_none().then_some(key),
            '\\' => key.push(letters.next().filter(|letter| matches!(letter, '"' | '\\'))?),
            letter => key.push(letter),
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn key(given: &str) -> Result<Option<String>, ()> {
        let request = TestRequest::post().insert_header((HEADER, given)).to_http_request();
        IdempotencyKey::of(&request).map(|key| key.map(|key| key.0)).map_err(|_| ())
    }

    #[test]
    fn quoted_or_bare_a_key_is_the_same() {
        for given in ["a7c1-x", "\"a7c1-x\"", " a7c1-x "] {
            assert_eq!(key(given), Ok(Some("a7c1-x".to_owned())), "{given}");
        }
        assert_eq!(key(r#""a\"b\\c""#), Ok(Some(r#"a"b\c"#.to_owned())));
        assert_eq!(IdempotencyKey::of(&TestRequest::post().to_http_request()).unwrap(), None);
        assert_eq!(key(&"k".repeat(255)).unwrap().unwrap().len(), 255);
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for given in ["", "\"\"", "\"a", "\"a\"b", "\"a\\b\"", "a b", "\"a b\"", &"k".repeat(256)] {
            assert_eq!(key(given), Err(()), "{given}");
        }
    }
}
