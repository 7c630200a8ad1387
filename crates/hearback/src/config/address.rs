//! Addresses and domains of mail.

use hearback_domain::{
    EmailAddress,
    reply_token::ReplyAddresses,
    status_link::{LinkKey, LinkKeys},
};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address(pub(crate) EmailAddress);

impl TryFrom<String> for Address {
    type Error = String;

    fn try_from(given: String) -> Result<Self, String> {
        given.parse().map(Self).map_err(|error| format!("is not an address such as staging@example.com: {error}"))
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.0.as_str().to_owned()
    }
}

/// A domain that every message can have addresses of its own at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ReplyDomain(String);

impl ReplyDomain {
    pub(crate) fn addresses(&self, keys: LinkKeys) -> ReplyAddresses {
        ReplyAddresses::new(&self.0, keys).expect("was tried when it was read")
    }
}

impl TryFrom<String> for ReplyDomain {
    type Error = String;

    fn try_from(given: String) -> Result<Self, String> {
        // How long an address becomes does not depend on the keys.
        let keys = LinkKeys::new(vec![LinkKey { id: 0, secret: [0; 32] }]).expect("there is a key");
        match ReplyAddresses::new(&given, keys) {
            Ok(_) => Ok(Self(given)),
            Err(error) => Err(format!("is not a domain such as replies.example.com: {error}")),
        }
    }
}

impl From<ReplyDomain> for String {
    fn from(domain: ReplyDomain) -> Self {
        domain.0
    }
}
