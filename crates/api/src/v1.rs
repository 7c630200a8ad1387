//! `/v1`: one folder a resource, one file an operation.

pub(crate) mod applications;
pub(crate) mod attachments;
pub(crate) mod boards;
pub(crate) mod contacts;
pub(crate) mod events;
pub(crate) mod evidence;
pub(crate) mod imports;
pub(crate) mod inbound;
pub(crate) mod jobs;
pub(crate) mod keys;
pub(crate) mod notifications;
pub(crate) mod operations;
pub(crate) mod outbox;
pub(crate) mod policies;
pub(crate) mod promises;
pub(crate) mod webhooks;
