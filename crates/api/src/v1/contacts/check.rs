//! `POST /v1/contact-checks`

use actix_web::{HttpResponse, http::header, web::Data};
use hearback_domain::EmailAddress;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::addresses;
use crate::{
    auth::ContactChecker,
    body::{Body, Request},
    fields::Fields,
    problem::Problem,
    refusals::Pausing,
    schema,
    server::Server,
};

/// Whom somebody is about to write to.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "addresses": ["ada@example.net", "bo@example.net"] }))]
pub(crate) struct ContactCheck {
    #[schema(value_type = Vec<String>, min_items = 1, max_items = 1_000)]
    addresses: Option<Vec<String>>,
}

impl Request for ContactCheck {
    type Meaning = Vec<EmailAddress>;

    fn read(self, fields: &mut Fields) -> Option<Vec<EmailAddress>> {
        addresses(fields, self.addresses)
    }
}

/// The answer, in the order of the question.
#[derive(Serialize, ToSchema)]
pub(crate) struct ContactVerdicts {
    items: Vec<ContactVerdict>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct ContactVerdict {
    #[schema(format = Email)]
    address: String,
    /// Whether they may be solicited. Whoever is not on record may be.
    allowed: bool,
    /// Why not.
    #[schema(value_type = Vec<schema::ContactReason>)]
    reasons: Vec<&'static str>,
}

/// Ask whom not to solicit
///
/// Before a marketing tool says "Connect with us": whoever waits for an answer, was never told how it ended, was rejected within the last 90
/// days, or asked not to be written to, is not to be solicited. Needs a key with the scope `contact-check`, for the whole organisation; any
/// other key is refused without a word about the addresses.
#[utoipa::path(
    post,
    path = "/v1/contact-checks",
    operation_id = "checkContacts",
    tag = "contacts",
    security(("secret_key" = [])),
    request_body = ContactCheck,
    responses((status = 200, description = "A verdict for each address.", body = ContactVerdicts), Pausing),
)]
pub(crate) async fn check(server: Data<Server>, checker: ContactChecker, body: Body) -> Result<HttpResponse, Problem> {
    checker.whole_organisation()?;
    let addresses = body.json::<ContactCheck>()?;
    let reasons = server.ledger.contact_checks(&addresses).await?;
    let verdict = |(address, reasons): (EmailAddress, Vec<hearback_domain::contact::ContactReason>)| ContactVerdict {
        address: address.to_string(),
        allowed: reasons.is_empty(),
        reasons: reasons.iter().map(|reason| reason.as_str()).collect(),
    };
    let items = addresses.into_iter().zip(reasons).map(verdict).collect();
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(ContactVerdicts { items }))
}
