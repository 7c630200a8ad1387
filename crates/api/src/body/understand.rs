//! From text to meaning, and everything that stands in the way of it.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, error::Category};
use validator::Validate;

use crate::{
    fields::{FieldCode, Fields},
    problem::Problem,
};

/// What can be asked for, field by field as it was given.
///
/// Every field is an `Option` and unknown ones are denied: so any set of fields that are right one by one can be read, and what is wrong
/// with the others is said together.
pub(crate) trait Request: DeserializeOwned + Validate {
    type Meaning;

    /// `None` if something is wrong; `fields` then says what.
    fn read(self, fields: &mut Fields) -> Option<Self::Meaning>;
}

pub(super) fn json<R: Request>(bytes: &[u8]) -> Result<R::Meaning, Problem> {
    // serde would take an array for a struct, by the order of its fields.
    if bytes.trim_ascii_start().starts_with(b"[") {
        return salvage::<R>(bytes, None);
    }
    match serde_json::from_slice::<R>(bytes) {
        Ok(request) => understood(request, Fields::default()).map_err(Problem::InvalidBody),
        Err(error) => match error.classify() {
            Category::Data => salvage::<R>(bytes, Some(error)),
            Category::Syntax | Category::Eof | Category::Io => Err(Problem::MalformedJson(error)),
        },
    }
}

/// Checks the declared limits, then reads the fields.
pub(crate) fn understood<R: Request>(request: R, mut fields: Fields) -> Result<R::Meaning, Fields> {
    if let Err(errors) = request.validate() {
        fields.limits(&errors);
    }
    match request.read(&mut fields) {
        Some(meaning) if fields.is_empty() => Ok(meaning),
        _ => Err(fields),
    }
}

/// The slow way, for what could not be read at once: names everything that is wrong.
fn salvage<R: Request>(bytes: &[u8], first: Option<serde_json::Error>) -> Result<R::Meaning, Problem> {
    let Value::Object(object) = serde_json::from_slice(bytes).map_err(Problem::MalformedJson)? else {
        let mut fields = Fields::default();
        fields.refuse("", FieldCode::WrongType, "must be a JSON object".to_owned());
        return Err(Problem::InvalidBody(fields));
    };
    let (request, fields) = salvaged::<R>(object);
    match (fields.is_empty(), first) {
        // Each field is right by itself, so one of them is there twice.
        (true, Some(error)) => Err(Problem::MalformedJson(error)),
        _ => understood(request, fields).map_err(Problem::InvalidBody),
    }
}

/// The fields of a form (URL standard, section 5.1).
pub(super) fn from_pairs<R: Request>(encoded: &[u8]) -> (R, Fields) {
    from_texts(url::form_urlencoded::parse(encoded).map(|(name, value)| (name.into_owned(), value.into_owned())))
}

/// Fields as texts. The last of several with one name counts, and those left empty were not filled in.
pub(super) fn from_texts<R: Request>(pairs: impl Iterator<Item = (String, String)>) -> (R, Fields) {
    let filled_in = pairs.filter(|(_, value)| !value.trim().is_empty());
    salvaged(filled_in.map(|(name, value)| (name, Value::String(value))).collect())
}

/// The same of a query. What stands there was meant: an empty id is no id.
pub(crate) fn from_query<R: Request>(encoded: &[u8]) -> (R, Fields) {
    salvaged(url::form_urlencoded::parse(encoded).map(|(name, value)| (name.into_owned(), Value::String(value.into_owned()))).collect())
}

/// What can be read of it, and what is wrong with the rest.
fn salvaged<R: Request>(object: Map<String, Value>) -> (R, Fields) {
    let (mut right, mut fields) = (Map::new(), Fields::default());
    for (name, value) in object {
        match alone::<R>(&name, value.clone()) {
            Ok(_) => {
                right.insert(name, value);
            }
            Err(error) => {
                // Every known field may be null.
                let code = if alone::<R>(&name, Value::Null).is_ok() { FieldCode::WrongType } else { FieldCode::Unknown };
                fields.refuse(&shortened(&name), code, shortened(&error.to_string()));
            }
        }
    }
    let request = serde_json::from_value(Value::Object(right)).expect("every field is optional, and each was read alone before");
    (request, fields)
}

fn alone<R: Request>(name: &str, value: Value) -> Result<R, serde_json::Error> {
    serde_json::from_value(Value::Object(Map::from_iter([(name.to_owned(), value)])))
}

fn shortened(text: &str) -> String {
    const MOST: usize = 200;
    if text.chars().count() <= MOST { text.to_owned() } else { text.chars().take(MOST).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    use hearback_domain::one_line::one_line;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, Validate)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        name: Option<String>,
        tell: Option<bool>,
        #[validate(length(max = 3))]
        note: Option<String>,
    }

    impl Request for Sample {
        type Meaning = (String, bool);

        fn read(self, fields: &mut Fields) -> Option<(String, bool)> {
            let Self { name, tell, note: _ } = self;
            let name = fields.required("name", name, |text| one_line(text, 10));
            let tell = fields.given("tell", tell);
            Some((name?, tell?))
        }
    }

    fn wrong(text: &str) -> Vec<(String, FieldCode)> {
        match json::<Sample>(text.as_bytes()) {
            Err(Problem::InvalidBody(fields)) => fields.errors().iter().map(|error| (error.field.clone(), error.code)).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_right_is_read() {
        assert_eq!(json::<Sample>(br#" {"name": " Ada ", "tell": true, "note": null} "#).unwrap(), ("Ada".to_owned(), true));
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let all = wrong(r#"{"name": 5, "note": "four", "phone": "1", "a/b": null}"#);
        assert_eq!(
            all,
            [
                ("a/b".to_owned(), FieldCode::Unknown),
                ("name".to_owned(), FieldCode::WrongType),
                ("phone".to_owned(), FieldCode::Unknown),
                ("note".to_owned(), FieldCode::TooLong),
                ("tell".to_owned(), FieldCode::Required),
            ]
        );
    }

    #[test]
    fn only_an_object_has_fields() {
        for text in [r#"["Ada", true, null]"#, "5", "\"Ada\""] {
            assert_eq!(wrong(text), [(String::new(), FieldCode::WrongType)], "{text}");
        }
    }

    #[test]
    fn what_is_no_json_is_located() {
        for (text, place) in [
            ("{\n \"name\": \"Ada\",\n}", "line 3 column 1"),
            ("{\"tell\": tru", "line 1 column 12"),
            ("{\"name\": 5, ]", "line 1 column 13"),
            ("{\"name\": \"a\", \"name\": \"b\"}", "duplicate field `name` at line 1 column 20"),
        ] {
            let Err(Problem::MalformedJson(error)) = json::<Sample>(text.as_bytes()) else { panic!("{text}") };
            assert!(error.to_string().contains(place), "{error}");
        }
    }

    #[test]
    fn a_field_left_empty_was_not_filled_in() {
        let (Sample { name, tell, note }, fields) = from_pairs::<Sample>(b"name=Ada+L.&note=+&tell=yes&x=1");
        assert_eq!((name.as_deref(), tell, note), (Some("Ada L."), None, None));
        assert_eq!(fields.errors().iter().map(|error| error.field.as_str()).collect::<Vec<_>>(), ["tell", "x"]);
    }
}
