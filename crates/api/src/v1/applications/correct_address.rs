//! `POST /v1/applications/{id}/address`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use hearback_domain::EmailAddress;
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use super::{Record, change};
use crate::{
    auth::Recruiter,
    body::{Body, Request},
    fields::Fields,
    problem::Problem,
    refusals::Changing,
    schema,
    server::Server,
};

/// The applicant's right address.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "email": "robin@example.org" }))]
pub(crate) struct CorrectAddress {
    /// A single address at a domain name. The one that is on record means: try it again.
    #[schema(value_type = String, format = Email)]
    email: Option<String>,
}

impl Request for CorrectAddress {
    type Meaning = EmailAddress;

    fn read(self, fields: &mut Fields) -> Option<EmailAddress> {
        fields.required("email", self.email, str::parse)
    }
}

/// Correct an applicant's address
///
/// What is owed to the applicant goes there from now on. What was undeliverable or came back is owed again, as a new message, unless
/// something else says it by now. Other applications with the same wrong address are each asked about.
#[utoipa::path(
    post,
    path = "/v1/applications/{id}/address",
    operation_id = "correctAddress",
    tag = "applications",
    security(("secret_key" = [])),
    params(("id" = schema::ApplicationId, Path, description = "The application's id.")),
    request_body = CorrectAddress,
    responses((status = 200, description = "The application as it stands now.", body = Record), Changing),
)]
pub(crate) async fn correct_address(
    server: Data<Server>,
    recruiter: Recruiter,
    request: HttpRequest,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let id = change::named(&server, &recruiter, &request).await?;
    let address = body.json::<CorrectAddress>()?;
    let changed = server.ledger.correct_address(id, &address, &recruiter.actor).await?;
    change::respond(&server, vec![changed]).await
}
