//! What is wrong with the fields of a request: all of it at once, so that nobody has to try five times.

mod reason;

use hearback_domain::one_line::InvalidLine;
pub(crate) use reason::{FieldCode, NoSuchBoard, OutOfRange, Reason, WithExemption, reply_address, time, time_zone};
use serde_json::Value;
use validator::{ValidationErrors, ValidationErrorsKind};

use crate::text::paragraphs;

/// More than anybody reads; a body that is all nonsense must not make an answer larger than itself.
const MOST: usize = 50;

/// What is wrong so far.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Fields(Vec<FieldError>);

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct FieldError {
    /// Its name; empty for the request as a whole. One inside another is named with a dot.
    pub(crate) field: String,
    pointer: String,
    pub(crate) code: FieldCode,
    pub(crate) detail: String,
}

impl Fields {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn errors(&self) -> &[FieldError] {
        &self.0
    }

    /// Only the first thing that is wrong with a field counts: the next is often its consequence.
    pub(crate) fn refuse(&mut self, field: &str, code: FieldCode, detail: String) {
        let path: &[&str] = if field.is_empty() { &[] } else { &[field] };
        self.refuse_inside(path, code, detail);
    }

    /// The same for a field inside of others.
    pub(crate) fn refuse_inside(&mut self, path: &[&str], code: FieldCode, detail: String) {
        let field = path.join(".");
        if self.0.len() < MOST && self.of(&field).is_none() {
            self.0.push(FieldError { field, pointer: path.iter().map(|name| format!("/{}", escaped(name))).collect(), code, detail });
        }
    }

    pub(crate) fn refuse_for(&mut self, field: &str, reason: &impl Reason) {
        self.refuse(field, reason.code(), reason.to_string());
    }

    pub(crate) fn of(&self, field: &str) -> Option<&FieldError> {
        self.0.iter().find(|error| error.field == field)
    }

    /// What needs no more than to be there.
    pub(crate) fn given<T>(&mut self, field: &str, given: Option<T>) -> Option<T> {
        if given.is_none() {
            self.refuse(field, FieldCode::Required, "is required".to_owned());
        }
        given
    }

    pub(crate) fn required<T, E: Reason>(
        &mut self,
        field: &str,
        given: Option<String>,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let given = self.given(field, given)?;
        self.read(field, &given, read)
    }

    /// `Some(None)` if it was not given, `None` if it is wrong.
    pub(crate) fn optional<T, E: Reason>(
        &mut self,
        field: &str,
        given: Option<String>,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<Option<T>> {
        match given {
            Some(given) => self.read(field, &given, read).map(Some),
            None => Some(None),
        }
    }

    /// The id in a body whose path names it already.
    pub(crate) fn same_id(&mut self, in_path: &str, in_body: Option<&String>) {
        if in_body.is_some_and(|id| id != in_path) {
            self.refuse("external_id", FieldCode::Contradictory, "is another than the path's: leave it out".to_owned());
        }
    }

    /// Text of several lines, if it was given.
    pub(crate) fn paragraphs(&mut self, field: &str, given: Option<String>) -> Option<Option<String>> {
        self.optional(field, given, paragraphs)
    }

    fn read<T, E: Reason>(&mut self, field: &str, given: &str, read: impl FnOnce(&str) -> Result<T, E>) -> Option<T> {
        read(given).map_err(|reason| self.refuse_for(field, &reason)).ok()
    }

    /// What the declared limits say.
    pub(crate) fn limits(&mut self, errors: &ValidationErrors) {
        for (field, kind) in errors.errors() {
            let ValidationErrorsKind::Field(errors) = kind else { continue };
            for most in errors.iter().filter_map(|error| error.params.get("max").and_then(Value::as_u64)) {
                self.refuse_for(field, &InvalidLine::TooLong(usize::try_from(most).unwrap_or(usize::MAX)));
            }
        }
    }
}

impl FieldError {
    pub(crate) fn pointer(&self) -> String {
        self.pointer.clone()
    }
}

/// RFC 6901: `~` and `/` inside a name are written otherwise.
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use hearback_domain::one_line::one_line;

    use super::*;

    #[test]
    fn a_field_is_refused_once_and_for_the_first_reason() {
        let mut fields = Fields::default();
        fields.refuse("name", FieldCode::WrongType, "is a number".to_owned());
        assert_eq!(fields.required("name", None, |text| one_line(text, 200)), None);
        assert_eq!(fields.required("title", Some(" ".to_owned()), |text| one_line(text, 200)), None);
        let codes: Vec<_> = fields.errors().iter().map(|error| (error.pointer(), error.code)).collect();
        assert_eq!(codes, [("/name".to_owned(), FieldCode::WrongType), ("/title".to_owned(), FieldCode::Empty)]);
    }

    #[test]
    fn a_pointer_finds_a_field_of_any_name() {
        let pointer = |path: &[&str]| {
            let mut fields = Fields::default();
            fields.refuse_inside(path, FieldCode::Unknown, String::new());
            fields.errors()[0].pointer()
        };
        assert_eq!(pointer(&["a/b~c"]), "/a~1b~0c");
        assert_eq!(pointer(&["policy", "law"]), "/policy/law");
        assert_eq!(pointer(&[]), "");
    }
}
