//! The OpenAPI document. An operation that is not listed here is not described; a test holds this list against `routes.rs`.

mod conditions;
mod shares;

use conditions::Conditions;
use hearback_domain::attachment::FileKind;
use shares::Shares;
use utoipa::{
    Modify, OpenApi, PartialSchema,
    openapi::{
        ContentBuilder, ObjectBuilder, OpenApi as Document, Ref, RefOr, Required, Schema, Type,
        path::{ParameterBuilder, ParameterIn},
        schema::ArrayItems,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use crate::v1::{
    applications::{IDEMPOTENCY_KEY, IDEMPOTENCY_KEY_MOST},
    events, keys,
};
use crate::{
    auth::{ACTOR, ACTOR_MOST},
    health,
    problem::{Invalid, ProblemBody},
    schema,
    v1::{
        applications, attachments, boards, contacts, evidence, imports, inbound, jobs, notifications, operations, outbox, policies,
        promises,
        webhooks::{self, told::Told},
    },
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
        (name = "contacts", description = "Whom not to solicit."),
        (name = "events", description = "What happened, for whoever keeps another system in step."),
        (name = "inbound", description = "Mail that comes in: reports of mail systems, and answers of applicants."),
        (name = "jobs", description = "What people apply for."),
        (name = "operations", description = "What is done to many applications at once: looked at first, followed, stopped, taken back."),
        (name = "keys", description = "Who may call: keys, what they are for, and how they end."),
        (name = "outbox", description = "Messages that are owed: what became of them, and what people do about them."),
        (name = "promises", description = "How the promises are kept, and who is in silence."),
        (name = "webhooks", description = "Programs that are told what happens, as Standard Webhooks describe it."),
        (name = "server", description = "The server itself."),
    ),
    paths(
        applications::submit::submit,
        applications::find::find,
        applications::put::put,
        applications::list::list,
        applications::show::show,
        attachments::list::list,
        applications::answered::answered,
        applications::messages::list::list,
        applications::messages::write::write,
        attachments::download::download,
        applications::move_stage::move_stage,
        applications::reject::reject,
        applications::unreject::unreject,
        applications::hire::hire,
        applications::withdraw::withdraw,
        applications::postpone::postpone,
        applications::erase::erase,
        applications::erasure::show,
        applications::interview::interview,
        applications::told_otherwise::told_otherwise,
        applications::merge::merge,
        applications::unmerge::unmerge,
        applications::correct_address::correct_address,
        events::list::list,
        boards::create::create,
        boards::list::list,
        boards::show::show,
        boards::set::set,
        boards::find::find,
        boards::put::put,
        jobs::create::create,
        jobs::list::list,
        jobs::show::show,
        jobs::set::set,
        jobs::find::find,
        jobs::put::put,
        jobs::close::close,
        jobs::close_dry_run::dry_run,
        jobs::archive::archive,
        jobs::reopen::reopen,
        operations::create::create,
        operations::dry_run::dry_run,
        operations::list::list,
        operations::show::show,
        operations::items::items,
        operations::stop::stop,
        operations::undo::undo,
        imports::create::create,
        imports::dry_run::dry_run,
        evidence::export::of_application,
        evidence::export::of_job,
        contacts::check::check,
        contacts::ask_not_to::ask_not_to,
        inbound::mime::receive,
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
        keys::create::create,
        keys::list::list,
        keys::show::show,
        keys::revoke::revoke,
        keys::rotate::rotate,
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
    components(schemas(
        ProblemBody,
        Invalid,
        webhooks::told::EventData,
        webhooks::told::MessageData,
        webhooks::told::PingData,
    )),
    modifiers(&Keys, &Actors, &Forms, &Parts, &Files, &Told, &Conditions, &Shares),
)]
struct Documented;

struct Keys;

impl Modify for Keys {
    fn modify(&self, document: &mut Document) {
        let components = document.components.get_or_insert_default();
        let key = |about: &str| SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(about)).build());
        components.add_security_scheme("secret_key", key("`sk_…`: what its scopes allow, on the boards that it is for. Stays on servers."));
        components.add_security_scheme("publishable_key", key("`pk_…`: submits applications and nothing else. May stand in a page."));
    }
}

/// Whoever sends a form is a person: what goes wrong is a page.
struct Forms;

impl Modify for Forms {
    fn modify(&self, document: &mut Document) {
        let door = document.paths.paths.values_mut().filter_map(|path| path.post.as_mut());
        let door = door.filter(|operation| operation.operation_id.as_deref() == Some("submitApplication"));
        let refusals = door.flat_map(|operation| operation.responses.responses.iter_mut()).filter(|(status, _)| status.as_str() >= "400");
        for (_, refusal) in refusals {
            if let RefOr::T(refusal) = refusal {
                let page = ContentBuilder::new().schema(Some(ObjectBuilder::new().schema_type(Type::String))).build();
                refusal.content.insert("text/html".to_owned(), RefOr::T(page));
            }
        }
    }
}

/// A file is given out as what its bytes are.
struct Files;

impl Modify for Files {
    fn modify(&self, document: &mut Document) {
        let reads = document.paths.paths.values_mut().filter_map(|path| path.get.as_mut());
        let download = reads.into_iter().find(|operation| operation.operation_id.as_deref() == Some("downloadAttachment"));
        if let Some(RefOr::T(file)) = download.and_then(|operation| operation.responses.responses.get_mut("200")) {
            let bytes = || RefOr::T(ContentBuilder::new().schema(Some(schema::Bytes::schema())).build());
            file.content.extend(FileKind::ALL.iter().map(|kind| (kind.as_str().to_owned(), bytes())));
        }
    }
}

/// What a list is of has a name: without it, a generated client has a type of its own for the entries of each list.
struct Parts;

impl Modify for Parts {
    fn modify(&self, document: &mut Document) {
        let schemas = &mut document.components.get_or_insert_default().schemas;
        let lists: Vec<String> = schemas.keys().filter_map(|name| name.strip_prefix("List_")).map(str::to_owned).collect();
        for of in lists {
            let list = schemas.get_mut(&format!("List_{of}"));
            if let Some(RefOr::T(Schema::Object(list))) = list
                && let Some(RefOr::T(Schema::Array(items))) = list.properties.get_mut("items")
            {
                items.items = ArrayItems::RefOrSchema(Box::new(Ref::from_schema_name(of).into()));
            }
        }
    }
}

/// Every change is recorded with whoever made it.
struct Actors;

impl Modify for Actors {
    fn modify(&self, document: &mut Document) {
        let text = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(ACTOR_MOST));
        let header = ParameterBuilder::new()
            .name(ACTOR)
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some("The person behind the key, for the record: one line."))
            .schema(Some(text))
            .build();
        let key = ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some("^[!#-\\[\\]-~]+$"))
            .min_length(Some(1))
            .max_length(Some(IDEMPOTENCY_KEY_MOST));
        let key = ParameterBuilder::new()
            .name(IDEMPOTENCY_KEY)
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some(
                "Makes sending again harmless, for 24 hours: the same request with the same key is carried out once and answered with the first \
                 answer. Visible ASCII characters, bare or in double quotes.",
            ))
            .schema(Some(key))
            .build();
        for path in document.paths.paths.values_mut() {
            for operation in path.post.iter_mut().chain(&mut path.put) {
                operation.parameters.get_or_insert_default().push(header.clone().into());
            }
            if let Some(operation) = &mut path.post {
                operation.parameters.get_or_insert_default().push(key.clone().into());
            }
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
