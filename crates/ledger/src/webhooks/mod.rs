//! Webhooks: who is told, what they are told, and how that went.
//!
//! They are derived from what is on record, some seconds later and by work that comes round: what puts it on record knows nothing of them.

mod claim;
mod deliveries;
mod derive;
mod endpoints;
mod payload;
mod settle;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use uuid::Uuid;

pub use self::{
    claim::{DueWebhook, WebhookClaim},
    deliveries::{DeliveryTry, Replay, WebhookDelivery},
    endpoints::{EndpointDetails, NewEndpoint, WebhookEndpoint},
    settle::{WebhookEnded, WebhookReply},
};
use crate::due::Table;

/// Those of an endpoint that is switched off wait. One endpoint gets so many at once, so that a slow one does not take every slot.
const DELIVERIES: Table = Table {
    name: "webhook_delivery",
    claimed: "sending",
    on_claim: "",
    claimable: "AND endpoint_id IN (SELECT e.id FROM webhook_endpoint e WHERE e.is_enabled AND e.deleted_at IS NULL AND
        (SELECT count(*) FROM webhook_delivery o WHERE o.endpoint_id = e.id AND o.state = 'sending' AND o.wake_at > $4) < 4)",
    returning: "endpoint_id, payload, tries, trace",
};

/// The lowest id that can have been made at that moment or later.
fn first_id_at(at: DateTime<Utc>) -> Uuid {
    let millis = u128::try_from(at.timestamp_millis()).unwrap_or(0);
    Uuid::from_u128(millis << 80)
}
