//! Where a form sends its applicant afterwards.

use url::Url;

/// Only to a page of the same origin: with another, this server would lend its good name to whoever makes a link.
pub(super) fn allowed(public_url: &Url, given: &str) -> Option<Url> {
    let next = public_url.join(given).ok()?;
    let plain = next.username().is_empty() && next.password().is_none();
    (next.origin() == public_url.origin() && plain).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_origin_is_gone_to() {
        let public_url: Url = "https://jobs.example.com".parse().unwrap();
        for (given, expected) in [
            ("/thanks?job=1", Some("https://jobs.example.com/thanks?job=1")),
            ("https://jobs.example.com/thanks", Some("https://jobs.example.com/thanks")),
            ("https://jobs.example.com:443/", Some("https://jobs.example.com/")),
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
            assert_eq!(allowed(&public_url, given).as_ref().map(Url::as_str), expected, "{given}");
        }
    }
}
