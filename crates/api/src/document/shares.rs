//! What is left of a key's share of requests, wherever requests are counted.

use utoipa::{
    Modify,
    openapi::{HeaderBuilder, ObjectBuilder, OpenApi as Document, RefOr, Type, header::Header},
};

/// As in draft-ietf-httpapi-ratelimit-headers.
const HEADERS: [(&str, &str); 2] = [
    ("RateLimit", "`r` is how many requests the key has left, `t` the seconds until it has all of them again, or until there is one more."),
    ("RateLimit-Policy", "`q` is how many requests the key has at once, `w` the seconds after which all of them are there again."),
];

pub(super) struct Shares;

impl Modify for Shares {
    fn modify(&self, document: &mut Document) {
        for item in document.paths.paths.values_mut() {
            let operations = [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete];
            let counted = operations.into_iter().flatten().filter(|operation| operation.responses.responses.contains_key("429"));
            let answers = counted.flat_map(|operation| &mut operation.responses.responses);
            for (_, answer) in answers.filter(|(status, _)| status.starts_with('2') || status.as_str() == "429") {
                if let RefOr::T(answer) = answer {
                    answer.headers.extend(HEADERS.map(|(name, about)| (name.to_owned(), RefOr::T(header(about)))));
                }
            }
        }
    }
}

fn header(about: &str) -> Header {
    HeaderBuilder::new().schema(Some(ObjectBuilder::new().schema_type(Type::String).build())).description(Some(about)).build()
}
