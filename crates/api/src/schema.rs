//! How ids and closed sets of the domain are described: from themselves, so that the document cannot lag behind.

use std::borrow::Cow;

use hearback_domain::{application, attachment, bulk, conversation, erasure, event, ids, locale, notification, promise, scope, webhook};
use serde_json::Value;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, Type},
};

use crate::problem::Code;

/// What an id looks like behind its prefix.
const SAMPLE: &str = "06dkv8y2t5w1r3n9q7c4h0m8zg";

macro_rules! described {
    ($($(#[$doc:meta])* $name:ident => $schema:expr;)+) => {$(
        $(#[$doc])*
        pub(crate) struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                $schema.into()
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($name))
            }
        }
    )+

        #[cfg(test)]
        fn all() -> Vec<(&'static str, RefOr<Schema>)> {
            vec![$((stringify!($name), $name::schema())),+]
        }
    };
}

described! {
    Bytes => ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary))).build();
    InboundMailId => id(ids::InboundMailId::PREFIX);
    BoardId => id(ids::BoardId::PREFIX);
    JobId => id(ids::JobId::PREFIX);
    CandidateId => id(ids::CandidateId::PREFIX);
    ApplicationId => id(ids::ApplicationId::PREFIX);
    EventId => id(ids::EventId::PREFIX);
    NotificationId => id(ids::NotificationId::PREFIX);
    TryId => id(ids::TryId::PREFIX);
    WebhookEndpointId => id(ids::WebhookEndpointId::PREFIX);
    WebhookDeliveryId => id(ids::WebhookDeliveryId::PREFIX);
    WebhookType => words("What a webhook tells of.", webhook::WebhookType::ALL, webhook::WebhookType::as_str);
    DeliveryState => words("Where a delivery of a webhook is.", webhook::DeliveryState::ALL, webhook::DeliveryState::as_str);
    OperationId => id(ids::OperationId::PREFIX);
    MessageId => id(ids::MessageId::PREFIX);
    Direction => words("Who wrote to whom.", conversation::Direction::ALL, conversation::Direction::as_str);
    MessageWay => words("The way that something written came.", conversation::Way::ALL, conversation::Way::as_str);
    AttachmentId => id(ids::AttachmentId::PREFIX);
    AttachmentRole => words("What a file is for.", attachment::AttachmentRole::ALL, attachment::AttachmentRole::as_str);
    FileKind => words("What a file is, by its media type.", attachment::FileKind::ALL, attachment::FileKind::as_str);
    Stage => words("How far an active application has come.", application::Stage::ALL, application::Stage::as_str);
    Status => words("Whether an application is still being decided, and how it ended.", application::Status::ALL, application::Status::as_str);
    ErasureBasis => words("Why an applicant's data is erased.", erasure::Basis::ALL, erasure::Basis::as_str);
    ErasureState => words("How far an erasure has come.", erasure::ErasureState::ALL, erasure::ErasureState::as_str);
    WaitsFor => words("What an erasure waits for.", erasure::WaitsFor::ALL, erasure::WaitsFor::as_str);
    NoFinalWord => words("Why no final message is sent to somebody whose data is erased.", erasure::NoFinalWord::ALL, erasure::NoFinalWord::as_str);
    RejectionReason => words("Why an application ended.", application::RejectionReason::ALL, application::RejectionReason::as_str);
    EventKind => words("Something that happened to an application.", event::EventKind::ALL, event::EventKind::as_str);
    NotificationKind => words("What a message tells the applicant.", notification::Kind::ALL, notification::Kind::as_str);
    NotificationState => words("Where a message is between owed and settled.", notification::State::ALL, notification::State::as_str);
    OperationKind => words("What is done to many applications.", bulk::OperationKind::ALL, bulk::OperationKind::as_str);
    OperationState => words("How far an operation has come.", bulk::OperationState::ALL, bulk::OperationState::as_str);
    ItemState => words("What an operation did to one application.", bulk::ItemState::ALL, bulk::ItemState::as_str);
    WhySilent => words("Why somebody gets no message.", promise::bulk::Silent::ALL, promise::bulk::Silent::as_str);
    WhyUnsaid => words("Why somebody who is imported gets no message at once.", promise::import::Unsaid::ALL, promise::import::Unsaid::as_str);
    NotBefore => words("Why a message does not go out earlier.", promise::NotBefore::ALL, promise::NotBefore::as_str);
    ApiKeyId => id(ids::ApiKeyId::PREFIX);
    Scope => words("What a secret key may be used for; `admin` includes `write`, and `write` includes `read`.", scope::Scope::ALL, scope::Scope::as_str);
    ApiKeyKind => words("What a key is at all: `publishable` submits applications and nothing else, and may stand in a page.", hearback_ledger::ApiKeyKind::ALL, hearback_ledger::ApiKeyKind::as_str);
    ContactReason => words("Why somebody is not to be solicited.", hearback_domain::contact::ContactReason::ALL, hearback_domain::contact::ContactReason::as_str);
    Channel => words("How a person told an applicant something.", promise::Channel::ALL, promise::Channel::as_str);
    Said => words("What a person told an applicant.", promise::Said::ALL, promise::Said::as_str);
    Verb => words("What can be done to an application, or to a message.", &verbs(), str::to_owned);
    Locale => words("A language that applicants are written to in (BCP 47).", locale::Locale::ALL, locale::Locale::as_str);
    ProblemType => words("A kind of problem, relative to the server's address.", Code::ALL, Code::uri);
    JobStatus => words("Whether a job takes applications.", hearback_ledger::JobStatus::ALL, hearback_ledger::JobStatus::as_str);
    ActorKind => words("The sort of whoever did something.", hearback_domain::actor::ActorKind::ALL, hearback_domain::actor::ActorKind::as_str);
}

fn id(prefix: &str) -> Schema {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some(format!("^{prefix}_[0-9a-hjkmnp-tv-z]{{26}}$")))
        .examples([sample(prefix)])
        .build()
        .into()
}

pub(crate) fn sample(prefix: &str) -> String {
    format!("{prefix}_{SAMPLE}")
}

/// An application's, then a message's.
fn verbs() -> Vec<&'static str> {
    let to_messages = notification::OutboxVerb::ALL.iter().map(|verb| verb.as_str());
    promise::Verb::ALL.iter().map(|verb| verb.as_str()).chain(to_messages).collect()
}

fn words<T: Copy, W: Into<Value>>(description: &str, all: &[T], word: impl Fn(T) -> W) -> Schema {
    let words: Vec<W> = all.iter().map(|known| word(*known)).collect();
    ObjectBuilder::new().schema_type(Type::String).description(Some(description)).enum_values(Some(words)).build().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of two schemas with one name the document has one, and nobody says so.
    #[test]
    fn what_is_described_here_is_not_overwritten_by_another_of_its_name() {
        let document = serde_json::to_value(crate::openapi()).unwrap();
        for (name, schema) in all() {
            let described = &document["components"]["schemas"][name];
            assert!(described.is_null() || *described == serde_json::to_value(schema).unwrap(), "{name}: {described}");
        }
    }

    #[test]
    fn the_sample_of_an_id_is_an_id() {
        assert!(sample("app").parse::<ids::ApplicationId>().is_ok());
        assert!(sample("brd").parse::<ids::BoardId>().is_ok());
    }
}
