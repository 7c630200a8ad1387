//! A person does not want to wait for the next try.

use hearback_domain::{actor::Actor, ids::NotificationId, notification::OutboxVerb};

use super::{
    OutboxError,
    act::{Asked, act},
};
use crate::Ledger;

impl Ledger {
    /// Makes the next try of a message due now. The tries so far still count.
    pub async fn retry_message(&self, message: NotificationId, actor: &Actor) -> Result<(), OutboxError> {
        act(self, &Asked { message, verb: OutboxVerb::Retry, reason: None, actor }).await
    }
}
