//! An address at which a person of the organisation reads.

use hearback_domain::EmailAddress;
use serde::{Deserialize, Serialize};

/// Never one that nobody reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StaffAddress(pub(crate) EmailAddress);

impl TryFrom<String> for StaffAddress {
    type Error = String;

    fn try_from(given: String) -> Result<Self, String> {
        let address: EmailAddress = given.parse().map_err(|error| format!("`{given}` {error}"))?;
        if address.is_read_by_nobody() {
            return Err(format!("`{given}` must reach a person: what is sent there asks somebody to act"));
        }
        Ok(Self(address))
    }
}

impl From<StaffAddress> for String {
    fn from(address: StaffAddress) -> Self {
        address.0.to_string()
    }
}
