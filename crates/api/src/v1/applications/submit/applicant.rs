//! What an applicant says about themselves.

use chrono_tz::Tz;
use hearback_domain::{
    EmailAddress,
    locale::{Language, Locale},
    one_line::one_line,
};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use crate::{
    body::Request,
    fields::{Fields, time_zone},
};

/// An application to be submitted.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "Robin Example", "email": "robin@example.org" }))]
pub(crate) struct NewApplication {
    #[validate(length(max = 200))]
    #[schema(value_type = String, max_length = 200)]
    pub(super) name: Option<String>,
    /// A single address at a domain name.
    #[schema(value_type = String, format = Email)]
    pub(super) email: Option<String>,
    /// The language to write in (BCP 47); without, or if there are no texts in it, the browser's or the board's.
    #[schema(example = "de-AT")]
    pub(super) locale: Option<String>,
    /// Where the applicant lives (IANA); without, the job's or the board's.
    #[schema(example = "Europe/Berlin")]
    pub(super) time_zone: Option<String>,
}

#[derive(Clone)]
pub(crate) struct Applicant {
    pub(in crate::v1::applications) name: String,
    pub(in crate::v1::applications) email: EmailAddress,
    pub(in crate::v1::applications) locale: Option<Locale>,
    pub(in crate::v1::applications) time_zone: Option<Tz>,
}

impl Request for NewApplication {
    type Meaning = Applicant;

    fn read(self, fields: &mut Fields) -> Option<Applicant> {
        let Self { name, email, locale, time_zone: zone } = self;
        let name = fields.required("name", name, |text| one_line(text, 200));
        let email = fields.required("email", email, str::parse);
        let language = fields.optional("locale", locale, str::parse::<Language>);
        let time_zone = fields.optional("time_zone", zone, time_zone);
        Some(Applicant { name: name?, email: email?, locale: language?.and_then(Language::locale), time_zone: time_zone? })
    }
}
