//! `POST /v1/keys/{id}/rotate`

use actix_web::{HttpRequest, HttpResponse, http::header, web::Data};
use chrono::TimeDelta;
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use super::{Key, MadeKey};
use crate::{
    auth::Recruiter,
    body::{Body, Request},
    fields::{Fields, OutOfRange},
    path,
    problem::{Missing, Problem},
    refusals::Acting,
    schema,
    server::Server,
};

const DEFAULT_HOURS: u64 = 24 * 7;
const MOST_HOURS: u64 = 24 * 90;

/// A key is to be followed by another.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "overlap_hours": 24 }))]
pub(crate) struct RotateKey {
    /// How long the old key goes on working; without, a week.
    #[schema(minimum = 0, maximum = 2160, default = 168)]
    overlap_hours: Option<u64>,
}

impl Request for RotateKey {
    type Meaning = TimeDelta;

    fn read(self, fields: &mut Fields) -> Option<TimeDelta> {
        let Self { overlap_hours } = self;
        let hours = overlap_hours.unwrap_or(DEFAULT_HOURS);
        if hours > MOST_HOURS {
            fields.refuse_for("overlap_hours", &OutOfRange(0, MOST_HOURS));
            return None;
        }
        Some(TimeDelta::hours(i64::try_from(hours).unwrap_or(0)))
    }
}

/// Replace a key
///
/// Makes a key like this one. The old one works for a while longer, so that whoever uses it can change over; without an overlap it ends
/// at once.
#[utoipa::path(
    post,
    path = "/v1/keys/{id}/rotate",
    operation_id = "rotateKey",
    tag = "keys",
    security(("secret_key" = [])),
    params(("id" = schema::ApiKeyId, Path, description = "The id of the key to be replaced.")),
    request_body = Option<RotateKey>,
    responses(
        (status = 201, description = "The new key works.", body = MadeKey, headers(("Location" = String, description = "Its path."))),
        Acting,
    ),
)]
pub(crate) async fn rotate(server: Data<Server>, recruiter: Recruiter, request: HttpRequest, body: Body) -> Result<HttpResponse, Problem> {
    recruiter.administers()?;
    let old = recruiter.key(&server, path::id(&request, Missing::Key)?).await?;
    let overlap = body.json::<RotateKey>()?;
    recruiter.may_give(old.board, old.is_test, old.limits.scopes)?;
    let (key, secret) = server.ledger.rotate_api_key(old.id, overlap).await?;
    let location = format!("/v1/keys/{}", key.id);
    let made = MadeKey { key: Key::from(key), secret };
    Ok(HttpResponse::Created().insert_header((header::LOCATION, location)).insert_header((header::CACHE_CONTROL, "no-store")).json(made))
}
