//! What an event keeps when its applicant's data is erased: what was decided, and when. Everything that may be in somebody's own words goes.

use hearback_domain::{
    application::RejectionReason,
    erasure::NoFinalWord,
    promise::{CancelReason, HoldReason},
};
use serde_json::{Map, Value};

/// In the place of a text.
pub(super) const ERASED: &str = "erased";

/// Fields that hold a word of a closed set, an id or a time.
const PLAIN: &[&str] = &[
    "at",
    "basis",
    "because",
    "by",
    "carried_by",
    "channel",
    "damage",
    "due_at",
    "how",
    "id",
    "kind",
    "notification",
    "operation",
    "promised_by",
    "recipient_cap",
    "released",
    "retried",
    "said",
    "send_after",
    "sent_at",
    "stage",
    "state",
    "to",
    "until",
];

/// Fields that hold a word of a closed set, or somebody's own.
const REASONS: &[&str] = &["exemption", "hold", "reason", "was_held"];

/// In characters: an id has 30, a time fewer than 40.
const LONGEST: usize = 40;

/// The same without texts. What is a text in a field that nobody here knows is a person's, as far as anybody can tell.
pub(super) fn scrubbed(data: &Value) -> Value {
    match data {
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| (name.clone(), of_field(name, value));
            Value::Object(fields.iter().map(field).collect::<Map<_, _>>())
        }
        other => of_field("", other),
    }
}

fn of_field(name: &str, value: &Value) -> Value {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        Value::Object(_) => scrubbed(value),
        Value::Array(items) => Value::Array(items.iter().map(|item| of_field(name, item)).collect()),
        Value::String(text) => {
            let stays = (PLAIN.contains(&name) && is_plain(text)) || (REASONS.contains(&name) && is_reason(text));
            if stays { value.clone() } else { ERASED.into() }
        }
    }
}

fn is_plain(text: &str) -> bool {
    text.chars().count() <= LONGEST && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-:.+".contains(&byte))
}

/// Whether it is a word of ours.
pub(super) fn is_reason(text: &str) -> bool {
    text == ERASED
        || text.parse::<RejectionReason>().is_ok()
        || text.parse::<CancelReason>().is_ok()
        || text.parse::<HoldReason>().is_ok()
        || text.parse::<NoFinalWord>().is_ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_decided_stays_and_what_was_said_goes() {
        for (data, expected) in [
            (json!({}), json!({})),
            (
                json!({ "reason": "position_filled", "exemption": "Ada asked for it" }),
                json!({ "reason": "position_filled", "exemption": ERASED }),
            ),
            (json!({ "reason": "Ada" }), json!({ "reason": ERASED })),
            (json!({ "reason": "no news", "until": "2026-12-01T00:00:00Z" }), json!({ "reason": ERASED, "until": "2026-12-01T00:00:00Z" })),
            (
                json!({ "to": "review", "tell": true, "cancelled": [{ "id": "ntf_06dkv8y2t5w1r3n9q7c4h0m8zg", "reason": "superseded", "how": "at_once" }] }),
                json!({ "to": "review", "tell": true, "cancelled": [{ "id": "ntf_06dkv8y2t5w1r3n9q7c4h0m8zg", "reason": "superseded", "how": "at_once" }] }),
            ),
            (json!({ "said": "outcome", "note": "She cried." }), json!({ "said": "outcome", "note": ERASED })),
            (json!({ "to": "ada@example.net" }), json!({ "to": ERASED })),
            (
                json!({ "damage": ["message_missing"], "of_next_year": ["Ada"] }),
                json!({ "damage": ["message_missing"], "of_next_year": [ERASED] }),
            ),
            (json!("Ada"), json!(ERASED)),
        ] {
            assert_eq!(scrubbed(&data), expected);
            assert_eq!(scrubbed(&expected), expected, "twice is once");
        }
    }
}
