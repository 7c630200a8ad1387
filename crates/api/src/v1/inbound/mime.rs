//! `POST /v1/inbound/mime`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use hearback_domain::one_line::one_line;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::{
    auth::Recruiter,
    body::{Body, Request, from_query, understood},
    fields::Fields,
    problem::Problem,
    refusals::Receiving,
    schema,
    server::Server,
};

/// In characters: a local part, an @, and a domain (RFC 5321, section 4.5.3.1).
const ADDRESS_MOST: usize = 320;

/// The envelope, which is not in the mail.
#[derive(Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Envelope {
    /// Whom the mail server had it for: RCPT TO, without angle brackets. A mail for several is sent once for each.
    #[param(value_type = String, max_length = 320, example = "bounce+abc@replies.example.com")]
    recipient: Option<String>,
    /// MAIL FROM; empty, or not given, for notices.
    #[param(max_length = 320)]
    sender: Option<String>,
}

/// Where it is on record.
#[derive(Serialize, ToSchema)]
pub(crate) struct Kept {
    #[schema(value_type = schema::InboundMailId)]
    id: String,
}

impl Request for Envelope {
    type Meaning = (String, String);

    fn read(self, fields: &mut Fields) -> Option<Self::Meaning> {
        let Self { recipient, sender } = self;
        let recipient = fields.required("recipient", recipient, |text| one_line(text, ADDRESS_MOST));
        let sender = fields.optional("sender", sender.filter(|sender| !sender.is_empty()), |text| one_line(text, ADDRESS_MOST));
        Some((recipient?, sender?.unwrap_or_default()))
    }
}

/// Hand over a mail that came in
///
/// For mail servers and services that deliver by HTTP. 202 means that the mail is on disk, as 250 does by LMTP; what it is, a worker says
/// afterwards. The same mail to the same recipient is on record once, however often it comes. At most 32 MiB.
#[utoipa::path(
    post,
    path = "/v1/inbound/mime",
    operation_id = "receiveMail",
    tag = "inbound",
    security(("secret_key" = [])),
    params(Envelope),
    request_body(content = inline(schema::Bytes), content_type = "message/rfc822", description = "The mail, byte for byte."),
    responses((status = 202, description = "It is on record.", body = Kept), Receiving),
)]
pub(crate) async fn receive(server: Data<Server>, recruiter: Recruiter, request: HttpRequest, body: Body) -> Result<HttpResponse, Problem> {
    recruiter.whole_organisation()?;
    let (query, fields) = from_query::<Envelope>(request.query_string().as_bytes());
    let (recipient, sender) = understood(query, fields).map_err(Problem::InvalidQuery)?;
    let mail = body.mail()?;
    let ids = server.ledger.keep_inbound_mail(&sender, &[recipient], mail.raw()).await?;
    let id = ids.first().map(ToString::to_string).unwrap_or_default();
    Ok(HttpResponse::Accepted().json(Kept { id }))
}
