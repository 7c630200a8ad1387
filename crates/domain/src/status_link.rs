//! The applicant's own link: who holds it may see where that one application stands.

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

use crate::ids::ApplicationId;

/// A secret that links and reply addresses are signed with, each under its own label. Old keys stay valid for as long as records
/// are kept, so that links and answers to old mail work.
#[derive(Clone)]
pub struct LinkKey {
    pub id: u8,
    pub secret: [u8; 32],
}

impl std::fmt::Debug for LinkKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LinkKey({})", self.id)
    }
}

/// The newest key first.
#[derive(Clone, Debug)]
pub struct LinkKeys(Vec<LinkKey>);

/// What a link says about itself, before it is checked against the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkClaim {
    pub application: ApplicationId,
    key: u8,
    mac: [u8; 16],
}

impl LinkKeys {
    /// The newest first; there must be one.
    pub fn new(keys: Vec<LinkKey>) -> Option<Self> {
        (!keys.is_empty()).then_some(Self(keys))
    }

    /// The key that signs.
    pub(crate) fn newest(&self) -> &LinkKey {
        &self.0[0]
    }

    /// Whether the key is here that the link was signed with; if not, another process may have made it since.
    pub fn know(&self, claim: &LinkClaim) -> bool {
        self.get(claim.key).is_some()
    }

    /// A key that something was signed with.
    pub(crate) fn get(&self, id: u8) -> Option<&LinkKey> {
        self.0.iter().find(|key| key.id == id)
    }

    /// The token of an application: id, key and a 128-bit MAC (HMAC-SHA-256, truncated as RFC 2104, section 5 allows).
    ///
    /// `generation` is the record's: adding one to it makes every earlier link useless.
    pub fn token(&self, application: ApplicationId, generation: i32) -> String {
        let key = self.newest();
        let mut bytes = [0; 33];
        bytes[..16].copy_from_slice(application.uuid().as_bytes());
        bytes[16] = key.id;
        bytes[17..].copy_from_slice(&mac(key, application, generation).finalize().into_bytes()[..16]);
        let mut token = BASE32_NOPAD.encode(&bytes);
        token.make_ascii_lowercase();
        token
    }

    /// Whether the link belongs to the application in its present generation. Takes the same time for every wrong MAC.
    pub fn holds(&self, claim: &LinkClaim, generation: i32) -> bool {
        self.get(claim.key).is_some_and(|key| mac(key, claim.application, generation).verify_truncated_left(&claim.mac).is_ok())
    }
}

impl LinkClaim {
    /// Reads a token. Upper case is accepted: some mail clients and people change it.
    pub fn read(token: &str) -> Option<Self> {
        let bytes = BASE32_NOPAD.decode(token.to_ascii_uppercase().as_bytes()).ok()?;
        let (id, rest) = bytes.split_first_chunk::<16>()?;
        let (key, mac) = rest.split_first()?;
        Some(Self { application: Uuid::from_bytes(*id).into(), key: *key, mac: mac.try_into().ok()? })
    }
}

fn mac(key: &LinkKey, application: ApplicationId, generation: i32) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(&key.secret).expect("HMAC takes a key of any length");
    mac.update(b"hearback status link v1\0");
    mac.update(&[key.id]);
    mac.update(application.uuid().as_bytes());
    mac.update(&generation.to_be_bytes());
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(ids: &[u8]) -> LinkKeys {
        LinkKeys::new(ids.iter().map(|&id| LinkKey { id, secret: [id; 32] }).collect()).unwrap()
    }

    fn application() -> ApplicationId {
        Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0001).into()
    }

    #[test]
    fn a_link_opens_its_own_application_and_no_other() {
        let token = keys(&[1]).token(application(), 0);
        let claim = LinkClaim::read(&token).unwrap();
        assert_eq!(claim.application, application());
        assert!(keys(&[1]).holds(&claim, 0));
        let other = LinkClaim { application: Uuid::from_u128(2).into(), ..claim };
        assert!(!keys(&[1]).holds(&other, 0));
    }

    #[test]
    fn a_new_generation_ends_every_earlier_link() {
        let claim = LinkClaim::read(&keys(&[1]).token(application(), 0)).unwrap();
        assert!(!keys(&[1]).holds(&claim, 1));
    }

    #[test]
    fn a_link_outlives_the_rotation_of_keys() {
        let claim = LinkClaim::read(&keys(&[1]).token(application(), 3)).unwrap();
        assert!(keys(&[2, 1]).holds(&claim, 3));
        assert!(!keys(&[2]).holds(&claim, 3));
    }

    #[test]
    fn a_token_survives_being_shouted_and_nothing_else() {
        let token = keys(&[1]).token(application(), 0);
        assert!(LinkClaim::read(&token.to_uppercase()).is_some());
        for broken in [&token[1..], &token[..52], "", "0000", "é"] {
            assert!(LinkClaim::read(broken).is_none_or(|claim| !keys(&[1]).holds(&claim, 0)), "{broken}");
        }
    }
}
