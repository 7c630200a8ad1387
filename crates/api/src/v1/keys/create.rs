//! `POST /v1/keys`

use actix_web::{HttpResponse, http::header, web::Data};
use hearback_domain::{ids::BoardId, one_line::one_line, origin::Origin, scope::Scopes};
use hearback_ledger::{ApiKeyKind, KeyLimits, NewApiKey};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use super::{Key, MadeKey};
use crate::{
    auth::Recruiter,
    body::{Body, Request},
    fields::{FieldCode, Fields},
    problem::{Missing, Problem},
    refusals::Creating,
    schema,
    server::Server,
};

/// So many pages may one key stand in.
const MOST_ORIGINS: usize = 50;

/// A key to be made.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(as = NewApiKey, example = json!({ "kind": "publishable", "name": "Careers page", "origins": ["https://jobs.example.com"] }))]
pub(crate) struct NewKey {
    #[schema(value_type = schema::ApiKeyKind)]
    kind: Option<String>,
    /// What it is for.
    #[schema(value_type = String, max_length = 200)]
    name: Option<String>,
    /// For trying out: what it submits goes to the capture transport.
    is_test: Option<bool>,
    /// The one board that it is for; without, all that the key which makes it is for.
    #[schema(value_type = Option<schema::BoardId>)]
    board_id: Option<String>,
    /// What a secret key may be used for: `read`, `write`, `admin`, `contact-check`. A publishable key has none.
    #[schema(value_type = Option<Vec<schema::Scope>>)]
    scopes: Option<Vec<String>>,
    /// Where pages may use a publishable key from; without, everywhere.
    #[schema(max_items = 50)]
    origins: Option<Vec<String>>,
}

impl Request for NewKey {
    type Meaning = (NewApiKey, KeyLimits);

    fn read(self, fields: &mut Fields) -> Option<Self::Meaning> {
        let Self { kind, name, is_test, board_id, scopes, origins } = self;
        let kind = fields.given("kind", kind).and_then(|given| {
            let known = ApiKeyKind::ALL.iter().copied().find(|known| known.as_str() == given);
            if known.is_none() {
                fields.refuse("kind", FieldCode::UnknownWord, "must be `publishable` or `secret`".to_owned());
            }
            known
        });
        let name = fields.required("name", name, |text| one_line(text, 200));
        let board = fields.optional("board_id", board_id, str::parse::<BoardId>);
        let scopes = fields.optional("scopes", scopes.map(|scopes| scopes.join(" ")), str::parse::<Scopes>);
        let origins = origins.unwrap_or_default();
        if origins.len() > MOST_ORIGINS {
            fields.refuse("origins", FieldCode::TooLong, format!("may have at most {MOST_ORIGINS} origins"));
        }
        let origins: Option<Vec<Origin>> =
            origins.into_iter().map(|origin| fields.required("origins", Some(origin), str::parse::<Origin>)).collect();
        let (kind, scopes, origins) = (kind?, scopes?, origins?);
        let scopes = match (kind, scopes) {
            (ApiKeyKind::Publishable, Some(scopes)) if !scopes.is_empty() => {
                fields.refuse(
                    "scopes",
                    FieldCode::Contradictory,
                    "are a secret key's: a publishable one submits applications and nothing else".to_owned(),
                );
                return None;
            }
            (ApiKeyKind::Publishable, _) => Scopes::default(),
            (ApiKeyKind::Secret, Some(scopes)) if !scopes.is_empty() => scopes,
            (ApiKeyKind::Secret, _) => {
                fields.refuse("scopes", FieldCode::Required, "are required for a secret key".to_owned());
                return None;
            }
        };
        if kind == ApiKeyKind::Secret && !origins.is_empty() {
            fields.refuse("origins", FieldCode::Contradictory, "are a publishable key's: a secret one must not stand in a page".to_owned());
        }
        let new = NewApiKey { kind, is_test: is_test.unwrap_or(false), board: board?, name: name? };
        Some((new, KeyLimits { scopes, origins }))
    }
}

/// Make a key
///
/// Its text is in this answer and nowhere else. A key makes no key that may do more than itself. Because the text is kept nowhere, a
/// request that is repeated with its Idempotency-Key is answered with `answer_lost`, and no second key is made.
#[utoipa::path(
    post,
    path = "/v1/keys",
    operation_id = "createKey",
    tag = "keys",
    security(("secret_key" = [])),
    request_body = NewKey,
    responses(
        (status = 201, description = "The key works.", body = MadeKey, headers(("Location" = String, description = "Its path."))),
        Creating,
    ),
)]
pub(crate) async fn create(server: Data<Server>, recruiter: Recruiter, body: Body) -> Result<HttpResponse, Problem> {
    recruiter.administers()?;
    let (new, limits) = body.json::<NewKey>()?;
    recruiter.may_give(new.board, new.is_test, limits.scopes)?;
    let (id, secret) = server.ledger.create_limited_key(new, limits).await?;
    let key = server.ledger.api_key(id).await?.ok_or(Problem::NotFound(Missing::Key))?;
    let location = format!("/v1/keys/{id}");
    let made = MadeKey { key: Key::from(key), secret };
    Ok(HttpResponse::Created().insert_header((header::LOCATION, location)).insert_header((header::CACHE_CONTROL, "no-store")).json(made))
}
