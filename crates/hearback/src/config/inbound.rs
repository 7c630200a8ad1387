//! Mail that comes in.

use hearback_inbound::lmtp;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InboundConfig {
    /// Where the mail server in front of us hands mail over, by LMTP; without it, nobody listens.
    pub listen: Option<LmtpAddress>,
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
