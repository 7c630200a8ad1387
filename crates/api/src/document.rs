//! The OpenAPI document. An operation that is not listed here is not described; a test holds this list against `routes.rs`.

use utoipa::{
    Modify, OpenApi,
    openapi::{
        ObjectBuilder, OpenApi as Document, Required, Type,
        path::{ParameterBuilder, ParameterIn},
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use crate::{
    auth::{ACTOR, ACTOR_MOST},
    health,
    problem::{Invalid, ProblemBody},
    v1::{applications, attachments, boards, jobs, notifications, outbox, policies, promises, webhooks},
};

/// The whole API, as OpenAPI 3.1.
pub fn openapi() -> Document {
    Documented::openapi()
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Hearback",
        description = "Every applicant hears back. An application that was answered with 201 or 303 is on disk, and so is its acknowledgement.\n\n\
            Every error is a problem of RFC 9457. Lists come in parts: `next_cursor`, or the `Link` header, leads to the next.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    tags(
        (name = "applications", description = "Applications: how they come in, where they stand, and what recruiters decide."),
        (name = "boards", description = "Careers pages: who writes to applicants, and where their answers go."),
        (name = "jobs", description = "What people apply for."),
        (name = "outbox", description = "Messages that are owed: what became of them, and what people do about them."),
        (name = "promises", description = "How the promises are kept, and who is in silence."),
        (name = "webhooks", description = "Programs that are told what happens, as Standard Webhooks describe it."),
        (name = "server", description = "The server itself."),
    ),
    paths(
        applications::submit::submit,
        applications::list::list,
        applications::show::show,
        attachments::list::list,
        attachments::download::download,
        applications::move_stage::move_stage,
        applications::reject::reject,
        applications::unreject::unreject,
        applications::hire::hire,
        applications::withdraw::withdraw,
        applications::postpone::postpone,
        applications::interview::interview,
        applications::told_otherwise::told_otherwise,
        boards::create::create,
        boards::list::list,
        boards::show::show,
        jobs::create::create,
        jobs::list::list,
        jobs::show::show,
        promises::show::show,
        promises::silence::list,
        policies::show::of_board,
        policies::set::of_board,
        policies::preview::of_board,
        policies::show::of_job,
        policies::set::of_job,
        policies::preview::of_job,
        notifications::list::list,
        notifications::show::show,
        notifications::retry::retry,
        notifications::release::release,
        notifications::cancel::cancel,
        outbox::show::show,
        outbox::pause::pause,
        outbox::resume::resume,
        webhooks::create::create,
        webhooks::list::list,
        webhooks::show::show,
        webhooks::set::set,
        webhooks::delete::delete,
        webhooks::rotate::rotate,
        webhooks::ping::ping,
        webhooks::deliveries::list,
        webhooks::replay_since::replay,
        webhooks::replay::replay,
        health::health,
    ),
    components(schemas(ProblemBody, Invalid)),
    modifiers(&Keys, &Actors),
)]
struct Documented;

struct Keys;

impl Modify for Keys {
    fn modify(&self, document: &mut Document) {
        let components = document.components.get_or_insert_default();
        let key = |about: &str| SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(about)).build());
        components.add_security_scheme("secret_key", key("`sk_…`: everything, on the boards that it is for. Stays on servers."));
        components.add_security_scheme("publishable_key", key("`pk_…`: submits applications and nothing else. May stand in a page."));
    }
}

/// Every change is recorded with whoever made it.
struct Actors;

impl Modify for Actors {
    fn modify(&self, document: &mut Document) {
        let text = ObjectBuilder::new().schema_type(Type::String).max_length(Some(ACTOR_MOST));
        let header = ParameterBuilder::new()
            .name(ACTOR)
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some("The person behind the key, for the record: one line."))
            .schema(Some(text))
            .build();
        for operation in document.paths.paths.values_mut().flat_map(|path| path.post.iter_mut().chain(&mut path.put)) {
            operation.parameters.get_or_insert_default().push(header.clone().into());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use serde_json::Value;

    use super::*;

    fn operations(document: &Value) -> Vec<(String, Value)> {
        let paths = document["paths"].as_object().unwrap();
        let of_path = |(path, item): (&String, &Value)| {
            let named = |(method, operation): (&String, &Value)| (format!("{method} {path}"), operation.clone());
            item.as_object().unwrap().iter().map(named).collect::<Vec<_>>()
        };
        paths.iter().flat_map(of_path).collect()
    }

    #[test]
    fn every_operation_is_described_whole() {
        let document = serde_json::to_value(openapi()).unwrap();
        assert_eq!(document["openapi"], "3.1.0");
        let mut ids = HashSet::new();
        for (name, operation) in operations(&document) {
            for field in ["operationId", "summary", "tags", "security"] {
                assert!(!operation[field].is_null(), "{name} has no {field}");
            }
            assert!(ids.insert(operation["operationId"].to_string()), "{name} has the id of another");
            for (status, response) in operation["responses"].as_object().unwrap() {
                assert!(response["description"].as_str().is_some_and(|text| !text.is_empty()), "{name} {status} has no description");
            }
        }
    }

    #[test]
    fn whatever_is_referred_to_is_there() {
        let document = serde_json::to_value(openapi()).unwrap();
        let mut left = vec![&document];
        while let Some(value) = left.pop() {
            match value {
                Value::Object(fields) => {
                    if let Some(Value::String(reference)) = fields.get("$ref") {
                        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
                    }
                    left.extend(fields.values());
                }
                Value::Array(items) => left.extend(items),
                _ => {}
            }
        }
    }
}
