//! A person decides that a message is not to be sent.

use hearback_domain::{actor::Actor, ids::NotificationId, notification::OutboxVerb};

use super::{
    OutboxError,
    act::{Asked, act},
};
use crate::Ledger;

impl Ledger {
    /// Cancels a message, and lets the next of its chain go on. One that is being sent is asked back: a try that fails is its last, an
    /// acceptance stands. A final message leaves `reason` as the application's exemption.
    pub async fn cancel_message(&self, message: NotificationId, reason: &str, actor: &Actor) -> Result<(), OutboxError> {
        act(self, &Asked { message, verb: OutboxVerb::Cancel, reason: Some(reason), actor }).await
    }
}
