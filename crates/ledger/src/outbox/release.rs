//! A person lets a message go out that was set aside.

use hearback_domain::{actor::Actor, ids::NotificationId, notification::OutboxVerb};

use super::{
    OutboxError,
    act::{Asked, act},
};
use crate::Ledger;

impl Ledger {
    /// Sends what was held, not before it may go out. One that was given up after five days gets one more try.
    pub async fn release_message(&self, message: NotificationId, actor: &Actor) -> Result<(), OutboxError> {
        act(self, &Asked { message, verb: OutboxVerb::Release, reason: None, actor }).await
    }
}
