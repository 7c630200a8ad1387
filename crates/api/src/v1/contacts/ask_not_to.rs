//! `POST /v1/contacts/asked-not-to`

use actix_web::{HttpResponse, web::Data};
use hearback_domain::{EmailAddress, contact::ContactReason};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use super::addresses;
use crate::{
    auth::ContactChecker,
    body::{Body, Request},
    fields::Fields,
    problem::Problem,
    refusals::Pausing,
    server::Server,
};

/// Who asked not to be written to.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "addresses": ["ada@example.net"] }))]
pub(crate) struct AskedNotTo {
    #[schema(value_type = Vec<String>, min_items = 1, max_items = 1_000)]
    addresses: Option<Vec<String>>,
}

impl Request for AskedNotTo {
    type Meaning = Vec<EmailAddress>;

    fn read(self, fields: &mut Fields) -> Option<Vec<EmailAddress>> {
        addresses(fields, self.addresses)
    }
}

/// Record who asked not to be solicited
///
/// For good: only a keyed hash of the address is kept, which survives its erasure. What is owed to them for an application is sent all the
/// same.
#[utoipa::path(
    post,
    path = "/v1/contacts/asked-not-to",
    operation_id = "recordAskedNotTo",
    tag = "contacts",
    security(("secret_key" = [])),
    request_body = AskedNotTo,
    responses((status = 204, description = "It is on record."), Pausing),
)]
pub(crate) async fn ask_not_to(server: Data<Server>, checker: ContactChecker, body: Body) -> Result<HttpResponse, Problem> {
    checker.whole_organisation()?;
    let addresses = body.json::<AskedNotTo>()?;
    server.ledger.do_not_contact(&addresses, ContactReason::AskedNotTo).await?;
    Ok(HttpResponse::NoContent().finish())
}
