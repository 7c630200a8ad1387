//! What is told by HTTP.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebhooksConfig {
    /// For development: webhooks may go to this machine, also without TLS.
    pub to_loopback: bool,
}
