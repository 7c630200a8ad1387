//! Who did something.

use crate::closed_set::closed_set;

closed_set! {
    /// The sort of whoever did something.
    ActorKind, "actor kind" {
        /// An API key; `id` is the key's id.
        ApiKey = "api_key",
        /// Somebody with the application's own token.
        Applicant = "applicant",
        /// A person of the job who answered a mail; `id` is what they are to the job.
        Staff = "staff",
        /// Somebody at the command line of a machine that has the database.
        Operator = "operator",
        /// Hearback itself: a promise fell due, a message was accepted, a repair.
        System = "system",
    }
}

/// Who did something, and for whom, if they said (`Hearback-Actor`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    pub kind: ActorKind,
    /// The key's id for a key; the account's name for an operator; the name of the part of Hearback for `system`.
    pub id: String,
    /// The person behind a key or an account, in the caller's own words: at most 200 characters.
    pub on_behalf_of: Option<String>,
}

impl Actor {
    pub fn system(part: &str) -> Self {
        Self { kind: ActorKind::System, id: part.to_owned(), on_behalf_of: None }
    }

    /// Somebody who wrote from the address that the job has for them.
    pub fn staff(person: crate::staff::Person, address: &crate::EmailAddress) -> Self {
        Self { kind: ActorKind::Staff, id: person.as_str().to_owned(), on_behalf_of: Some(address.to_string()) }
    }

    pub fn operator(account: &str, on_behalf_of: Option<String>) -> Self {
        Self { kind: ActorKind::Operator, id: account.to_owned(), on_behalf_of }
    }

    pub fn applicant() -> Self {
        Self { kind: ActorKind::Applicant, id: "applicant".to_owned(), on_behalf_of: None }
    }

    pub fn api_key(id: crate::ids::ApiKeyId, on_behalf_of: Option<String>) -> Self {
        Self { kind: ActorKind::ApiKey, id: id.to_string(), on_behalf_of }
    }
}
