//! A policy as a caller writes it.

use std::collections::BTreeMap;

use hearback_domain::policy::Overrides;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use validator::{Validate, ValidationErrors};

use crate::{
    body::Request,
    fields::{FieldCode, Fields},
};

/// What is promised, in time. What is left out is as in the policy above: the board's, then the organisation's.
///
/// Lengths are written as `"15 minutes"`, `"3 days"`; where it says so, also in working days.
#[derive(ToSchema)]
#[schema(example = json!({ "update_every": "7 days", "reject_after_delay": "1 working day", "law": "CA-ON" }))]
#[expect(dead_code, reason = "describes what the domain reads and writes")]
pub(crate) struct Policy {
    /// From the application to its acknowledgement being accepted by a relay; at most a day.
    acknowledge_within: Option<String>,
    /// The longest an applicant waits between two words; at most 90 days.
    update_every: Option<String>,
    /// The undo window of a rejection, also in working days; at most 30 days or 20 working days.
    reject_after_delay: Option<String>,
    /// From the moment a message may go out to the moment it must be accepted; at most two days.
    deliver_within: Option<String>,
    /// From the application to the decision; at most 366 days.
    decide_within: Option<String>,
    /// What happens when no decision was made by then: `tell` or `reject`.
    undecided: Option<String>,
    /// From an applicant's answer to yours, also in working days.
    answer_replies_within: Option<String>,
    /// In the applicant's time zone; or `"none"`.
    #[schema(value_type = Option<Object>, example = json!({ "from": "20:00:00", "to": "08:00:00" }))]
    quiet_hours: Option<BTreeMap<String, String>>,
    /// A bulk operation that would write to more people than this has to be confirmed.
    bulk_cap: Option<u32>,
    /// Replaces the one above as a whole: `weekend` (such as `["Sat", "Sun"]`) and `holidays` (dates).
    #[schema(value_type = Option<Object>, example = json!({ "weekend": ["Sat", "Sun"], "holidays": ["2026-12-25"] }))]
    calendar: Option<BTreeMap<String, Vec<String>>>,
    /// A law about telling applicants: `CA-ON`; or `"none"`.
    law: Option<String>,
    /// For how long an application is kept after it ended and nothing happened to it any more; then the applicant's data is erased. In days, at
    /// most 3660; or `"none"`.
    retention: Option<String>,
}

/// The whole body.
#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct NewPolicy(Map<String, Value>);

impl Validate for NewPolicy {
    /// The domain knows the limits.
    fn validate(&self) -> Result<(), ValidationErrors> {
        Ok(())
    }
}

impl Request for NewPolicy {
    type Meaning = Overrides;

    fn read(self, fields: &mut Fields) -> Option<Overrides> {
        read(self.0, &[], fields)
    }
}

/// Each field by itself first, so that everything that is wrong is said at once.
pub(super) fn read(object: Map<String, Value>, above: &[&str], fields: &mut Fields) -> Option<Overrides> {
    let alone = |name: &str, value: Value| serde_json::from_value::<Overrides>(Value::Object(Map::from_iter([(name.to_owned(), value)])));
    for (name, value) in &object {
        let Err(error) = alone(name, value.clone()) else { continue };
        // Every known field may be null.
        let code = match alone(name, Value::Null) {
            Err(_) => FieldCode::Unknown,
            Ok(_) if value.is_string() => FieldCode::UnknownWord,
            Ok(_) => FieldCode::WrongType,
        };
        let path: Vec<&str> = above.iter().copied().chain([name.as_str()]).collect();
        fields.refuse_inside(&path, code, error.to_string());
    }
    serde_json::from_value(Value::Object(object)).ok()
}
