//! Mail that comes in.

use chrono::TimeDelta;
use hearback_inbound::lmtp;
use serde::{Deserialize, Serialize};

use super::Span;

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InboundConfig {
    /// Where the mail server in front of us hands mail over, by LMTP; without it, nobody listens.
    pub listen: Option<LmtpAddress>,
    /// How often a mail goes to our own reply address, to see whether answers find their way back; nothing is never.
    pub probe_every: Span,
    /// When it must be back.
    pub probe_within: Span,
}

impl Default for InboundConfig {
    fn default() -> Self {
        Self { listen: None, probe_every: Span(TimeDelta::hours(6)), probe_within: Span(TimeDelta::minutes(30)) }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LmtpAddress(pub(crate) lmtp::Address);

impl TryFrom<String> for LmtpAddress {
    type Error = String;

    fn try_from(given: String) -> Result<Self, String> {
        given.parse().map(Self).map_err(|error| format!("cannot be listened on: {error}"))
    }
}

impl From<LmtpAddress> for String {
    fn from(address: LmtpAddress) -> Self {
        address.0.to_string()
    }
}
