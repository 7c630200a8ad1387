//! Where a form sends its applicant afterwards.

use url::Url;

/// Only to a page of the same origin, or of one that the settings name: with any other, this server would lend its good name to whoever
/// makes a link.
pub(super) fn allowed(public_url: &Url, origins: &[String], given: &str) -> Option<Url> {
    let next = public_url.join(given).ok()?;
    let plain = next.username().is_empty() && next.password().is_none();
    let origin = next.origin();
    let named = origin.is_tuple() && origins.iter().any(|named| *named == origin.ascii_serialization());
    ((origin == public_url.origin() || named) && plain).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_origin_and_those_that_are_named_are_gone_to() {
        let public_url: Url = "https://jobs.example.com".parse().unwrap();
        let origins = ["https://careers.example.com".to_owned()];
        for (given, expected) in [
            ("/thanks?job=1", Some("https://jobs.example.com/thanks?job=1")),
            ("https://jobs.example.com/thanks", Some("https://jobs.example.com/thanks")),
            ("https://jobs.example.com:443/", Some("https://jobs.example.com/")),
            ("https://careers.example.com/thanks", Some("https://careers.example.com/thanks")),
            ("http://careers.example.com/thanks", None),
            ("https://careers.example.com.evil.example/", None),
            ("https://user@careers.example.com/", None),
            ("https://evil.example/", None),
            ("http://jobs.example.com/", None),
            ("https://jobs.example.com:8443/", None),
            ("//evil.example/", None),
            ("/\\evil.example/", None),
            ("\t//evil.example/", None),
            ("https://jobs.example.com@evil.example/", None),
            ("https://user@jobs.example.com/", None),
            ("javascript:alert(1)", None),
            ("data:text/html,x", None),
        ] {
            assert_eq!(allowed(&public_url, &origins, given).as_ref().map(Url::as_str), expected, "{given}");
        }
    }
}
